"""Questions, persons, small talk, language, distress."""

from collections.abc import Iterator

import pytest

from actions.context import configure
from actions.distress import distress_in
from actions.language import requested_language
from tests.actions_shop import EMAIL, Dialogue, services


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    configure(services())
    yield
    configure(None)


async def test_an_article_answers_also_what_was_taken_for_out_of_scope() -> None:
    for intent in ("faq_delivery", "out_of_scope", "nlu_fallback"):
        done = await Dialogue().play("action_answer", "how long is delivery", intent)
        (card,) = done.cards
        assert card["kind"] == "article"
        assert card["data"]["url"] == "/help/en/delivery-times"
        assert done.texts == ("One to three days.",)


async def test_between_articles_the_customer_chooses() -> None:
    talk = Dialogue()
    done = await talk.play("action_answer", "gift?", "faq_store")
    titles = [button["title"] for button in done.buttons]
    assert titles == ["How long delivery takes", "Gift wrapping", "None of these"]
    none = await talk.play("action_deny", "/deny", "deny")
    assert none.command("missed_question")["text"] == "gift?"
    chosen = await talk.play("action_inform", "/inform", "inform", article_id="gift-wrapping")
    assert chosen.texts == ("We wrap gifts for 330 yen.",)


async def test_no_article_is_a_promise_and_not_a_guess() -> None:
    done = await Dialogue().play("action_answer", "is it kosher?", "faq_products")
    assert done.responses == ("utter_answer_promised",)
    assert done.command("missed_question")["topic"] == "products"
    assert done.command("promise")
    assert "{due}" in done.said


async def test_misunderstandings_in_a_row_ask_then_offer_then_hand_over() -> None:
    talk = Dialogue()
    heard = [await talk.play("action_answer", "blub", "out_of_scope") for _ in range(3)]
    assert [one.responses[0] for one in heard] == [
        "utter_not_understood",
        "utter_not_understood_or_person",
        "utter_stuck",
    ]
    assert 2 <= len(heard[0].buttons) <= 3
    assert heard[2].command("handover")["reason"] == "stuck"


async def test_being_understood_in_between_starts_the_count_anew() -> None:
    talk = Dialogue()
    await talk.play("action_answer", "blub", "out_of_scope")
    await talk.play("action_thank", "thanks", "thank")
    done = await talk.play("action_answer", "blub", "out_of_scope")
    assert done.responses == ("utter_not_understood",)


async def test_yes_to_an_offered_person_brings_one_for_the_right_reason() -> None:
    talk = Dialogue()
    for _ in range(2):
        await talk.play("action_answer", "blub", "out_of_scope")
    done = await talk.play("action_affirm", "yes", "affirm")
    assert done.command("handover")["reason"] == "stuck"


async def test_yes_and_no_out_of_context_are_harmless() -> None:
    assert (await Dialogue().play("action_affirm", "yes", "affirm")).commands == ()
    assert (await Dialogue().play("action_deny", "no", "deny")).commands == ()


async def test_nothing_else_closes_on_a_friendly_note() -> None:
    talk = Dialogue()
    await talk.play("action_thank", "thanks", "thank")
    done = await talk.play("action_deny", "no, that's all", "deny")
    assert done.responses == ("utter_goodbye",)
    assert done.commands == ({"type": "close"},)


async def test_a_person_who_is_asked_for_comes_with_what_is_known() -> None:
    talk = Dialogue()
    await talk.play("action_order_status", "HN-10003", "order_status", order_number="HN-10003")
    done = await talk.play("action_request_human", "a person please", "request_human")
    handover = done.command("handover")
    assert (handover["reason"], handover["note"]) == ("asked", {"order_number": "HN-10003"})
    assert done.form is None


async def test_waiting_customers_are_not_handed_over_again() -> None:
    for action, intent in (
        ("action_request_human", "request_human"),
        ("action_escalate", "nlu_fallback"),
        ("action_security", "security_concern"),
        ("action_delicate", "inform"),
    ):
        done = await Dialogue(state="queued").play(action, "my mother passed away", intent)
        assert not [command for command in done.commands if command["type"] == "handover"]


async def test_anger_gets_the_known_fact_and_a_person_in_one_reply() -> None:
    talk = Dialogue()
    done = await talk.play(
        "action_escalate",
        f"WHERE IS HN-10004?! {EMAIL}",
        "order_status",
        order_number="HN-10004",
        email=EMAIL,
    )
    assert done.responses == ("utter_angry_late",)
    assert done.command("handover")["reason"] == "angry"
    assert done.command("handover")["note"]["fault"] == "late"


async def test_anger_names_the_fault_and_leaves_the_form() -> None:
    talk = Dialogue("ja")
    await talk.play("action_complaint", "クレームです", "complaint")
    done = await talk.play(
        "action_escalate", "急須が割れてる、ふざけるな", "complaint", item="kyusu", fault="broken"
    )
    assert done.responses == ("utter_angry_fact",)
    assert "急須が破損した状態で届いた" in done.said
    assert done.form is None


async def test_grief_comes_before_whatever_the_message_asks() -> None:
    talk = Dialogue()
    text = "My mother passed away and I need to cancel her order"
    first = await talk.play("action_cancel_order", text, "cancel_order")
    assert (first.responses, first.next_action) == ((), "action_delicate")
    done = await talk.play("action_delicate", text, "cancel_order")
    assert done.responses == ("utter_condolence",)
    assert done.command("handover")["reason"] == "delicate"
    assert done.form is None


async def test_grief_inside_a_form_leaves_it() -> None:
    talk = Dialogue()
    await talk.play("action_cancel_order", "cancel my order", "cancel_order")
    assert (await talk.form_step("it was for my dad, who passed away", "inform")).rejected


@pytest.mark.parametrize(
    "text",
    [
        "my husband died last week",
        "We lost our grandmother",
        "I'm writing about my late father's order",
        "母が亡くなりました",
        "祖父が先日他界しまして",
    ],
)
def test_bereavement_is_noticed(text: str) -> None:
    assert distress_in(text) == "bereavement"


@pytest.mark.parametrize(
    "text",
    [
        "my kettle died after a week",
        "I'm dying for a good sencha",
        "my order is late",
        "法事の引き出物にのしを付けられますか",
        "香典返しのギフトはありますか",
        "在庫が亡くなったのですか",
    ],
)
def test_everyday_questions_are_no_bereavement(text: str) -> None:
    assert distress_in(text) is None


def test_despair_is_noticed() -> None:
    assert distress_in("I want to kill myself") == "crisis"
    assert distress_in("もう死にたいです") == "crisis"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("in English please", "en"),
        ("English, please", "en"),
        ("Can we continue in Japanese?", "ja"),
        ("日本語で", "ja"),
        ("日本語でお願いします", "ja"),
        ("英語で話せますか？", "en"),
        ("Is there a manual in English?", None),
        ("説明書は英語でもありますか", None),
        ("I like Japanese tea", None),
        ("日本茶が好きです", None),
        ("英語の説明書は付いていますか", None),
    ],
)
def test_a_wish_for_the_other_language(text: str, language: str | None) -> None:
    assert requested_language(text) == language


async def test_the_other_language_is_spoken_at_once_and_the_form_goes_on() -> None:
    talk = Dialogue()
    await talk.play("action_order_status", "where is my order", "order_status")
    assert (await talk.form_step("日本語でお願いします", "nlu_fallback")).rejected
    switched = await talk.play("action_answer", "日本語でお願いします", "nlu_fallback")
    assert switched.next_action == "action_switch_language"
    done = await talk.play("action_switch_language", "日本語でお願いします", "nlu_fallback")
    assert "日本語で" in done.said
    assert done.next_action == "order_status_form"


async def test_security_gives_the_vetted_article_and_a_person() -> None:
    done = await Dialogue().play("action_security", "I got a strange mail", "security_concern")
    assert done.responses == ("utter_article", "utter_security_person")
    assert done.command("handover")["reason"] == "security"
    other = await Dialogue().play("action_security", "someone got in", "security_concern")
    assert other.responses == ("utter_security_advice", "utter_security_person")


async def test_a_case_is_shown_to_its_own_thread_only() -> None:
    text, entities = "how is C-123456?", {"case_number": "C-123456"}
    own = await Dialogue().play("action_case_status", text, "case_status", **entities)
    assert own.responses == ("utter_case_in_progress",)
    other = await Dialogue(thread="another").play(
        "action_case_status", text, "case_status", **entities
    )
    assert other.responses == ("utter_case_need_proof",)


@pytest.mark.parametrize(
    ("number", "proof", "response"),
    [
        ("C-123456", {"email": EMAIL}, "utter_case_in_progress"),
        ("C-123456", {"email": "else@example.com"}, "utter_case_not_seen"),
        # Absent and somebody else's are alike.
        ("C-999999", {"email": EMAIL}, "utter_case_not_seen"),
    ],
)
async def test_a_case_is_shown_later_to_who_proves_its_order(
    number: str, proof: dict[str, str], response: str
) -> None:
    talk = Dialogue(thread="another")
    asked = await talk.play("action_case_status", number, "case_status", case_number=number)
    assert asked.responses == ("utter_case_need_proof",)
    told = await talk.play("action_inform", "here you are", "inform", **proof)
    assert told.responses[0] == response
    if response == "utter_case_not_seen":
        assert told.command("lookup_failed")
    at_once = await Dialogue(thread="third").play(
        "action_case_status", number, "case_status", case_number=number, **proof
    )
    assert at_once.responses[0] == response


async def test_greetings_are_shorter_the_second_time() -> None:
    talk = Dialogue()
    first = await talk.play("action_greet", "hi", "greet")
    second = await talk.play("action_greet", "hi", "greet")
    assert len(first.buttons) == 3
    assert "assistant" in first.said
    assert len(second.said) < len(first.said) / 2


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("how are you?", "utter_how_are_you"),
        ("you're great", "utter_praised"),
        ("疲れました…", "utter_sad"),
        ("lol", "utter_laughed"),
        ("なるほど", "utter_small_word"),
    ],
)
async def test_small_talk_is_answered_kindly(text: str, response: str) -> None:
    done = await Dialogue().play("action_answer", text, "out_of_scope")
    assert done.responses == (response,)
    assert done.slots["misunderstood"] == 0


async def test_an_idea_is_taken_without_fuss() -> None:
    done = await Dialogue().play("action_idea", "Sell tea for children!", "feedback_idea")
    assert done.command("open_case")["kind"] == "idea"
    assert done.form is None


async def test_a_bare_address_is_where_the_answer_should_go() -> None:
    done = await Dialogue().play("action_inform", EMAIL, "inform", email=EMAIL)
    assert done.command("contact")["email"] == EMAIL


async def test_thanks_and_it_is_fine_close_as_well() -> None:
    for action, text, intent in (
        ("action_thank", "thanks, bye then", "thank"),
        ("action_affirm", "大丈夫です", "affirm"),
    ):
        talk = Dialogue("ja")
        await talk.play("action_thank", "ありがとう", "thank")
        done = await talk.play(action, text, intent)
        assert done.command("close")


@pytest.mark.parametrize(
    ("action", "intent"),
    [("action_deny", "deny"), ("action_cancel_dialogue", "cancel_dialogue")],
)
async def test_only_who_waits_for_a_person_can_give_up_the_place(action: str, intent: str) -> None:
    for state, given_up in (("queued", True), ("bot", False)):
        done = await Dialogue(state=state).play(action, "no person please", intent, wish="person")
        assert ({"type": "ticket", "action": "cancel"} in done.commands) is given_up


async def test_a_fault_named_in_words_nobody_knows_is_a_complaint_all_the_same() -> None:
    done = await Dialogue().play(
        "action_answer", "the spout thingy is leakin all over", "nlu_fallback", fault="leaking"
    )
    assert done.form == "complaint_form"
    calm = await Dialogue().play("action_answer", "how long is delivery", "nlu_fallback")
    assert calm.form is None


async def test_a_question_that_goes_on_is_understood_from_the_one_before() -> None:
    talk = Dialogue()
    before = await talk.play("action_answer", "and to the islands?", "faq_delivery")
    assert not before.cards
    await talk.play("action_answer", "how long is delivery", "faq_delivery")
    after = await talk.play("action_answer", "and to the islands?", "faq_delivery")
    assert [card["data"]["id"] for card in after.cards] == ["delivery-times"]
    other = await talk.play("action_answer", "your opinion of islands", "faq_store")
    assert not other.cards


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I don't need a person any more", False),
        ("no need for a human", False),
        ("担当者はもういいです", False),
        ("人はいりません", False),
        ("I don't want to talk to a bot, get me a human", True),
        ("人間と話したいです、機械は結構です", True),
        ("no human?", True),
    ],
)
async def test_not_wanting_a_person_has_the_words_of_wanting_one(text: str, wanted: bool) -> None:
    at_first = await Dialogue().play("action_request_human", text, "request_human")
    assert any(command["type"] == "handover" for command in at_first.commands) is wanted
    waiting = await Dialogue(state="queued").play("action_request_human", text, "request_human")
    assert ({"type": "ticket", "action": "cancel"} in waiting.commands) is not wanted


async def test_anger_about_an_order_gets_the_orders_state_and_a_person() -> None:
    done = await Dialogue().play(
        "action_escalate",
        f"THIRD TIME I ASK WHERE HN-10003 IS {EMAIL}",
        "order_status",
        anger=0.9,
        order_number="HN-10003",
        email=EMAIL,
    )
    assert done.responses == ("utter_angry", "utter_order_shipped")
    assert done.command("handover")["reason"] == "angry"
    unproved = await Dialogue().play(
        "action_escalate", "WHERE IS HN-10003", "order_status", anger=0.9, order_number="HN-10003"
    )
    assert unproved.responses == ("utter_angry",)


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [
        ("action_deny", "deny", "no that's wrong, it was the bowl"),
        ("action_cancel_dialogue", "cancel_dialogue", "actually no, forget the refund please"),
        ("action_cancel_order", "cancel_order", "I don't want to cancel any more, keep it"),
    ],
)
async def test_second_thoughts_go_on_top_of_the_request(
    action: str, intent: str, text: str
) -> None:
    talk = Dialogue()
    talk.slots["request_open"] = "cancellation"
    done = await talk.play(action, text, intent)
    assert done.responses == ("utter_case_amended",)
    assert done.command("amend_case")["what"] == text
    nothing_filed = await Dialogue().play(action, text, intent)
    assert "utter_case_amended" not in nothing_filed.responses
    talk.slots["request_open"] = "cancellation"
    for no in ("no", "no, that's all, thank you", "いえ、以上です"):
        closed = await talk.play("action_deny", no, "deny")
        assert "utter_case_amended" not in closed.responses


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("i already put my card number in", "utter_security_given"),
        ("リンク押してカード番号入れちゃいました", "utter_security_given"),
        ("somebody asked for my card number", "utter_security_advice"),
        ("カード番号を教えてもいいですか", "utter_security_advice"),
    ],
)
async def test_who_gave_the_number_away_is_told_what_to_do_now(text: str, response: str) -> None:
    done = await Dialogue().play("action_security", text, "security_concern")
    assert done.responses[0] == response


async def test_without_mail_no_address_is_asked_for_and_none_promised() -> None:
    talk = Dialogue(mail=False)
    done = await talk.play("action_answer", "please delete all my data", "faq_privacy")
    assert done.responses == ("utter_privacy_requested", "utter_answer_here")
    done = await talk.play("action_inform", "mei@example.com", "inform", email="mei@example.com")
    assert done.responses == ("utter_contact_passed_on",)
    assert "mei@example.com" in done.said
    # With mail it is a way to be answered; where every answer arrives anyway nothing is to ask.
    done = await Dialogue().play(
        "action_inform", "mei@example.com", "inform", email="mei@example.com"
    )
    assert done.responses == ("utter_contact_noted",)
    talk = Dialogue(waits_on_page=False)
    done = await talk.play("action_answer", "please delete all my data", "faq_privacy")
    assert done.responses == ("utter_privacy_requested",)


async def test_who_comes_is_told_in_words_what_is_wrong() -> None:
    done = await Dialogue("ja").play(
        "action_request_human", "割れた湯呑みの件で担当の人と話したい", "request_human",
        item="yunomi", fault="broken",
    )  # fmt: skip
    facts = done.command("facts")["facts"]
    assert "湯呑み" in facts["told_ja"]
    assert "yunomi" in facts["told_en"]
    plain = await Dialogue().play("action_request_human", "a person please", "request_human")
    assert not any("told_en" in command.get("facts", {}) for command in plain.commands)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("the handle broke off and i burnt my hand", "harm"),
        ("my son drank it and is vomiting", "harm"),
        ("there was an insect in my sencha", "harm"),
        ("I found a piece of glass in the tea", "harm"),
        ("お茶に虫が入っていました", "harm"),
        ("子供が鉄瓶でやけどしました", "harm"),
        ("じんましんが出ました", "harm"),
        ("the matcha had mould in it and we already drank some", "harm"),
        ("I drank half of it before I saw the mold", "harm"),
        ("届いたお茶がなんかカビ臭いんですけど…子どもが飲んじゃいました", "harm"),
        ("カビが生えていたのに気づかず飲んでしまいました", "harm"),
        ("飲んでみたらカビ臭い", None),
        ("does sencha go mouldy in a tin", None),
        ("how do I keep mould out of a kyusu I drank from", None),
        ("子どもが飲んでも大丈夫ですか", None),
        ("can I burn incense in the bowl", None),
        ("is the glass teapot dishwasher safe", None),
        ("the box was cut open", None),
        ("ガラスの急須はありますか", None),
        ("手を切りたくないので角の丸い皿がいい", None),
    ],
)
def test_somebody_hurt_comes_before_the_goods(text: str, kind: str | None) -> None:
    assert distress_in(text) == kind
