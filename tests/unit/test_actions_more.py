"""Two wishes in one message, messages that can be read in two ways, and other languages."""

from collections.abc import Iterator

import pytest

from actions.context import configure
from tests.actions_shop import EMAIL, Dialogue, services


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    configure(services())
    yield
    configure(None)


async def test_two_questions_get_two_articles() -> None:
    done = await Dialogue().play(
        "action_answer", "how long does delivery take? and is this mail from you?", "faq_delivery",
        also=("faq_privacy", "is this mail from you?"),
    )  # fmt: skip
    assert [card["data"]["id"] for card in done.cards] == ["delivery-times", "phishing"]


async def test_one_article_that_answers_both_is_said_once() -> None:
    done = await Dialogue().play(
        "action_answer", "gifts? how long does delivery take?", "faq_store",
        also=("faq_delivery", "how long does delivery take?"),
    )  # fmt: skip
    assert done.responses == ("utter_article",)


async def test_a_question_beside_a_task_is_answered_before_the_task_asks() -> None:
    done = await Dialogue().play(
        "action_return_order",
        "return it; delivery times?",
        "return_order",
        also=("faq_delivery", "delivery times?"),
    )
    assert done.responses[0] == "utter_article"
    assert done.responses[-1].startswith("utter_need")
    assert done.form == "return_form"


async def test_a_task_beside_a_question_follows_in_the_same_turn() -> None:
    done = await Dialogue().play(
        "action_answer", "delivery to canada? and where is my parcel", "faq_delivery",
        also=("order_status", "and where is my parcel"),
    )  # fmt: skip
    assert done.responses == ("utter_article", "utter_also")
    assert done.next_action == "action_order_status"
    assert done.slots["later"] is None


async def test_a_task_waits_until_the_one_before_it_is_done() -> None:
    talk = Dialogue()
    first = await talk.play(
        "action_order_status", "where is it? also change the other", "order_status",
        also=("change_order", "also change the other"),
    )  # fmt: skip
    assert first.slots["later"] == "change_order"
    assert first.form == "order_status_form"
    done = await talk.play(
        "validate_order_status_form", f"HN-10003 {EMAIL}", "inform",
        order_number="HN-10003", email=EMAIL,
    )  # fmt: skip
    assert done.responses[-1] == "utter_also"
    assert done.next_action == "action_change_order"
    assert talk.slots["later"] is None


async def test_what_waits_is_forgotten_when_a_person_takes_over() -> None:
    talk = Dialogue()
    wish = ("change_order", "and change")
    await talk.play("action_order_status", "where? and change", "order_status", also=wish)
    await talk.play("action_request_human", "a person please", "request_human")
    assert talk.slots["later"] is None


async def test_asking_for_a_person_as_well_brings_one() -> None:
    done = await Dialogue().play(
        "action_answer", "delivery? and a human please", "faq_delivery",
        also=("request_human", "and a human please"),
    )  # fmt: skip
    assert done.responses[:2] == ("utter_article", "utter_person")
    assert done.command("handover")["reason"] == "asked"


CLOSE = (("cancel_order", 0.3), ("return_order", 0.25), ("thank", 0.02))


async def test_two_likely_readings_are_two_buttons() -> None:
    done = await Dialogue().play("action_answer", "undo it", "nlu_fallback", ranking=CLOSE)
    assert done.responses == ("utter_which_wish",)
    assert [button["payload"] for button in done.buttons] == [
        "/cancel_order",
        "/return_order",
        "/deny",
    ]


async def test_neither_of_the_two_goes_on_as_not_understood() -> None:
    talk = Dialogue()
    await talk.play("action_answer", "undo it", "nlu_fallback", ranking=CLOSE)
    done = await talk.play("action_deny", "no", "deny")
    assert done.responses == ("utter_not_understood_or_person",)


async def test_the_kind_of_question_chosen_answers_the_question_asked() -> None:
    talk = Dialogue()
    likely = (("faq_delivery", 0.3), ("order_status", 0.28))
    await talk.play("action_answer", "gift something", "nlu_fallback", ranking=likely)
    done = await talk.play("action_answer", "/faq_delivery", "faq_delivery")
    assert done.responses == ("utter_which_article",)  # of "gift something"


async def test_a_clear_lead_or_a_wide_field_is_no_choice_of_two() -> None:
    for ranking in (
        (("cancel_order", 0.35), ("return_order", 0.05)),
        (("cancel_order", 0.12), ("return_order", 0.11)),
        (("out_of_scope", 0.3), ("return_order", 0.25)),
    ):
        done = await Dialogue().play("action_answer", "undo", "nlu_fallback", ranking=ranking)
        assert done.responses == ("utter_not_understood",)


async def test_other_languages_are_told_once_what_is_spoken_here() -> None:
    talk = Dialogue()
    done = await talk.play("action_answer", "bonjour", "out_of_scope", foreign="yes")
    assert done.responses == ("utter_languages",)
    assert "日本語" in done.said
    assert "English" in done.said
    assert "/request_human" in [button["payload"] for button in done.buttons]
    again = await talk.play("action_answer", "merci", "out_of_scope", foreign="yes")
    assert again.responses == ("utter_not_understood",)


async def test_who_is_understood_in_another_language_is_helped_all_the_same() -> None:
    done = await Dialogue().play(
        "action_request_human", "quiero hablar con una persona", "request_human", foreign="yes"
    )
    assert done.responses == ("utter_languages", "utter_person")
    assert done.command("handover")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("how long will it take", "utter_person_coming"),
        ("is anyone there??", "utter_person_coming"),
        ("まだですか", "utter_person_coming"),
        ("do you know a nice café in Nara?", "utter_passed_on_question"),
        ("the neighbour's dog was there too", "utter_passed_on"),
    ],
)
async def test_in_the_queue_words_fit_what_was_written(text: str, said: str) -> None:
    done = await Dialogue(state="queued").play("action_answer", text, "out_of_scope")
    assert done.responses == (said,)
    assert not done.commands or done.command("missed_question")


@pytest.mark.parametrize(
    "text",
    ["how long till someone comes", "so how much longer", "how long is the wait?",
     "what number am i", "when will someone be here?", "where am I in the queue",
     "how many people are ahead of me", "is anyone coming", "still waiting...",
     "順番は何番目ですか", "あとどのくらいですか", "待ち時間ってどれくらい？", 
     "何分くらい待ちますか", "いつ頃お返事もらえますか", "担当者はまだですか"],
)  # fmt: skip
async def test_in_the_queue_a_question_about_the_wait_is_about_the_wait(text: str) -> None:
    """However a message is read: it isn't about deliveries or opening hours."""
    for action, intent in (
        ("action_answer", "faq_delivery"),
        ("action_order_status", "order_status"),
    ):
        done = await Dialogue(state="queued").play(action, text, intent)
        assert done.responses == ("utter_person_coming",)
    with_assistant = await Dialogue().play("action_answer", text, "faq_delivery")
    assert "utter_person_coming" not in with_assistant.responses


@pytest.mark.parametrize(
    "text",
    ["how long does delivery take", "when will my parcel come", "送料はいくらですか",
     "いつ届きますか", "how long do you keep an order for pick-up"],
)  # fmt: skip
async def test_in_the_queue_other_questions_are_still_answered(text: str) -> None:
    done = await Dialogue(state="queued").play("action_answer", text, "faq_delivery")
    assert "utter_person_coming" not in done.responses


async def test_who_says_never_mind_in_the_queue_is_asked_whether_they_still_wait() -> None:
    done = await Dialogue(state="queued").play(
        "action_cancel_dialogue", "never mind, i'm fine with you", "cancel_dialogue"
    )
    assert done.responses == ("utter_stop_waiting",)
    assert not done.commands


async def test_in_the_queue_an_upset_customer_hears_that_we_are_sorry() -> None:
    talk = Dialogue(state="queued")
    done = await talk.play("action_answer", "not funny", "out_of_scope", mood="displeased")
    assert done.responses == ("utter_passed_on_sorry",)


@pytest.mark.parametrize(
    "text",
    [
        "please delete all my data",
        "unsubscribe",
        "stop sending me these newsletters",
        "take me off your list",
        "個人情報を削除してください",
        "退会したいです",
        "メルマガの配信を停止してください",
        "もう送らないで",
    ],
)
async def test_a_wish_about_ones_data_becomes_a_request(text: str) -> None:
    done = await Dialogue().play("action_answer", text, "faq_privacy")
    assert done.responses == ("utter_privacy_requested", "utter_where_to_answer")
    assert done.command("open_case")["kind"] == "privacy"
    assert "{case_number}" in done.said


@pytest.mark.parametrize(
    "text",
    ["how do i delete my account", "can i unsubscribe somewhere?", "退会はどうすればいいですか"],
)
async def test_a_question_about_it_stays_a_question(text: str) -> None:
    done = await Dialogue().play("action_answer", text, "faq_privacy")
    assert "utter_privacy_requested" not in done.responses


async def test_who_cannot_give_a_proof_is_offered_a_person() -> None:
    talk = Dialogue()
    await talk.play(
        "action_order_status", "where is HN-10003", "order_status", order_number="HN-10003"
    )
    done = await talk.play("validate_order_status_form", "I don't remember", "faq_account")
    assert done.responses == ("utter_help_proof_or_person",)
    assert not done.rejected


async def test_a_person_who_is_asked_for_with_a_fault_comes_with_an_apology() -> None:
    done = await Dialogue().play(
        "action_request_human", "my teapot arrived broken, get me someone", "request_human",
        item="kyusu", fault="broken",
    )  # fmt: skip
    assert done.responses == ("utter_person_fact",)
    assert done.command("handover")


async def test_cancelling_a_part_of_an_order_is_a_change_of_it() -> None:
    talk = Dialogue()
    asked = await talk.play(
        "action_cancel_order", "cancel just the teapot of HN-10002, keep the tea", "cancel_order",
        order_number="HN-10002",
    )  # fmt: skip
    assert not asked.commands
    done = await talk.play("validate_cancel_form", EMAIL, "inform", email=EMAIL)
    case = done.command("open_case")
    assert case["kind"] == "change"
    assert "just the teapot" in case["what"]
    assert talk.slots["cancel_part"] is None


async def test_the_question_whether_to_cancel_is_not_answered_by_naming_one_thing() -> None:
    talk = Dialogue()
    await talk.play(
        "action_cancel_order", "cancel HN-10002", "cancel_order",
        order_number="HN-10002", email=EMAIL,
    )  # fmt: skip
    done = await talk.play("validate_cancel_form", "急須だけキャンセルで", "cancel_order")
    assert done.command("open_case")["kind"] == "change"


async def test_a_whole_order_is_cancelled_as_a_whole() -> None:
    talk = Dialogue()
    await talk.play(
        "action_cancel_order", "only just ordered, cancel it", "cancel_order",
        order_number="HN-10002", email=EMAIL,
    )  # fmt: skip
    done = await talk.play("validate_cancel_form", "yes", "affirm")
    assert done.command("open_case")["kind"] == "cancellation"


async def test_a_complaint_goes_on_without_a_number() -> None:
    talk = Dialogue()
    await talk.play("action_complaint", "急須が欠けていました", "complaint", fault="chipped")
    done = await talk.play("validate_complaint_form", "番号わからないです", "cancel_dialogue")
    assert not done.rejected
    assert done.form == "complaint_form"
    assert talk.slots["requested_slot"] == "wish"


async def test_nothing_is_filed_for_who_would_rather_leave_it() -> None:
    talk = Dialogue()
    await talk.play("action_complaint", "the teapot is chipped", "complaint", fault="chipped")
    await talk.play("validate_complaint_form", "no idea", "deny")
    done = await talk.play("validate_complaint_form", "じゃあいいや", "affirm")
    assert done.responses == ("utter_stopped",)
    assert not [c for c in done.commands if c["type"] == "open_case"]


async def test_a_thing_that_is_not_as_imagined_is_a_return_and_no_fault() -> None:
    done = await Dialogue().play(
        "action_return_order", "返品したいんですけど、イメージと違ったので", "return_order",
        fault="other",
    )  # fmt: skip
    assert done.form == "return_form"


@pytest.mark.parametrize(
    "text", ["カード番号も入れちゃった", "i already typed my card number there"]
)
async def test_in_the_queue_danger_is_answered_at_once(text: str) -> None:
    done = await Dialogue(state="queued").play("action_answer", text, "out_of_scope")
    assert done.next_action == "action_security"


@pytest.mark.parametrize(
    "text", ["血が止まりません", "子供がお腹痛がってます", "it won't stop bleeding"]
)
async def test_in_the_queue_somebody_hurt_is_answered_at_once(text: str) -> None:
    done = await Dialogue(state="queued").play("action_answer", text, "out_of_scope")
    assert done.next_action == "action_delicate"


async def test_who_waits_in_grief_is_told_no_prices_and_parcels() -> None:
    talk = Dialogue(state="queued")
    talk.slots["delicate"] = True
    for action, intent in (("action_inform", "inform"), ("action_answer", "faq_delivery")):
        done = await talk.play(action, "HN-10003, how about delivery", intent)
        assert done.responses == ("utter_passed_on_delicate",)


@pytest.mark.parametrize(
    "text", ["番号は？", "what's my case number", "when will you get back to me"]
)
async def test_after_filing_its_number_and_time_can_be_asked_for(text: str) -> None:
    talk = Dialogue()
    talk.slots["request_open"] = "complaint"
    done = await talk.play("action_answer", text, "faq_store")
    assert [card["kind"] for card in done.cards] == ["case"]


async def test_after_filing_a_slip_is_put_right_on_the_request() -> None:
    talk = Dialogue()
    talk.slots["request_open"] = "change"
    done = await talk.play("action_answer", "あ、部屋番号まちがえた、202です", "faq_delivery")
    assert done.command("amend_case")["what"].endswith("202です")


async def test_the_number_to_call_is_told_to_who_asks_for_it() -> None:
    done = await Dialogue().play(
        "action_request_human", "what phone number do i call about delivery", "request_human"
    )
    assert done.responses == ("utter_article",)


async def test_a_status_without_a_case_is_that_of_the_order() -> None:
    talk = Dialogue(thread="another")
    done = await talk.play(
        "action_case_status", "any news about HN-10008", "case_status",
        order_number="HN-10008",
    )  # fmt: skip
    assert done.next_action == "action_order_status"


@pytest.mark.parametrize("text", ["wait", "sorry one sec", "ちょっと待ってください、調べます"])
async def test_who_asks_for_a_moment_gets_it(text: str) -> None:
    talk = Dialogue()
    await talk.play("action_change_order", "change my order", "change_order")
    done = await talk.play("validate_change_form", text, "cancel_dialogue")
    assert done.responses == ("utter_take_your_time",)
    assert not done.rejected
    assert talk.slots["requested_slot"] == "order_number"
    assert talk.form == "change_form"


async def test_a_question_is_no_consent_to_cancel() -> None:
    talk = Dialogue()
    await talk.play(
        "action_cancel_order", "cancel HN-10002", "cancel_order",
        order_number="HN-10002", email=EMAIL,
    )  # fmt: skip
    done = await talk.play("validate_cancel_form", "can i still cancel it", "cancel_order")
    assert not [c for c in done.commands if c["type"] == "open_case"]
    assert done.form == "cancel_form"


async def test_a_question_while_a_change_is_described_is_no_description() -> None:
    talk = Dialogue()
    await talk.play(
        "action_change_order", "change HN-10002", "change_order",
        order_number="HN-10002", email=EMAIL,
    )  # fmt: skip
    text = "so is it even going to arrive by monday"
    done = await talk.play("validate_change_form", text, "order_status")
    assert done.rejected  # left to the question's own action


async def test_an_offered_person_stays_offered_through_a_question() -> None:
    talk = Dialogue()
    talk.slots["expecting"] = "person:asked"
    await talk.play("action_answer", "why does delivery take so long", "faq_delivery")
    done = await talk.play("action_affirm", "yes please ask them", "affirm")
    assert done.command("handover")["reason"] == "asked"


async def test_who_has_been_robbed_and_shouts_is_told_what_to_do() -> None:
    text = "I gave my card number to someone pretending to be you!!"
    done = await Dialogue().play("action_escalate", text, "security_concern", anger=0.9)
    assert done.next_action == "action_security"


async def test_an_order_number_that_was_told_is_no_secret_given_away() -> None:
    talk = Dialogue(state="queued")
    done = await talk.play("action_answer", "i already told you my order number", "out_of_scope")
    assert done.next_action != "action_security"


@pytest.mark.parametrize("text", ["my mum was in hospital, so i'm late with it"])
async def test_who_was_ill_is_not_who_got_hurt(text: str) -> None:
    done = await Dialogue().play("action_return_order", text, "return_order")
    assert done.next_action != "action_delicate"
