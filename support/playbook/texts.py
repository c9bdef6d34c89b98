"""What the server itself says, from the playbook: every text must be there, in both languages."""

from support.playbook.parts import Part, Words


class Messages(Part):
    """What the server itself says to customers; {names} are filled in."""

    starting: Words
    apology_down: Words
    passed_on: Words
    passed_on_again: Words
    passed_on_more: Words
    attachment_kept: Words
    attachment_along: Words
    attachment_in_case: Words
    queued: Words
    queued_alone: Words
    queued_again: Words
    closed_now: Words
    nobody_now: Words
    closed_no_date: Words
    ask_contact: Words
    contact_kept: Words
    wait_longer: Words
    agent_joined: Words
    agent_changed: Words
    agent_left: Words
    returned: Words
    ticket_cancelled: Words
    ticket_wait: Words
    remedy_refund: Words
    remedy_replacement: Words
    remedy_return: Words
    remedy_credit: Words
    abuse_warning: Words
    resolved: Words
    reopened: Words
    idle_warning: Words
    idle_closed: Words
    summary_intro: Words
    thanks_feedback: Words
    mail_subject: Words
    mail_body: Words
    reason_busy: Words
    reason_fewer: Words
    welcome: Words
    help: Words
    text_only: Words
    slow_down: Words
    language_kept: Words
    ask_person: Words
    new_matter: Words
    privacy: Words
    button_copy: Words
    button_erase: Words
    button_erase_yes: Words
    button_erase_no: Words
    erase_ask: Words
    erase_kept: Words
    erased: Words
    copy_sent: Words
    group_only_private: Words
    too_large: Words
    file_refused: Words
    file_lost: Words
    ask_rating: Words
    linked: Words
    unlinked: Words
    preferred: Words
    link_refused: Words
    button_prefer: Words
    button_unlink: Words
    button_message: Words
    button_cancel: Words
    button_wait: Words
    button_person: Words


class ContactWords(Part):
    """What is said around call-backs, cases and follow-ups; {names} are filled in."""

    offers: Words
    choose_time: Words
    no_times: Words
    time_taken: Words
    booked_phone: Words
    booked_email: Words
    booked_chat: Words
    callback_cancelled: Words
    place_kept: Words
    callback_missed_first: Words
    callback_cancelled_by_us: Words
    callback_moved_by_us: Words
    callback_soon: Words
    callback_missed: Words
    callback_done: Words
    callback_unreached: Words
    promise_moved: Words
    message_until: Words
    case_in_progress: Words
    case_done: Words
    case_open: Words
    followup: Words
    followup_good: Words
    followup_bad: Words
    nps: Words
    nps_thanks: Words
    transcript_subject: Words
    button_callback: Words
    button_carry_on: Words
    button_more_times: Words
    button_cancel_call: Words
    button_good: Words
    button_bad: Words
