"""The tables. Each row's meaning is told here once; the modules of `support` do the rest.

Dates are stored in UTC and come back aware. JSON columns hold small values of our own making.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    literal_column,
    text,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out, on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a date without a time zone can't be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Constants in the conditions of partial indexes, and in the queries that these are for, are written
# out: to SQLite a bound value may be anything, and it would read the whole table.

# Rows that grow with every message.
Big = BigInteger().with_variant(Integer, "sqlite")

# People -----------------------------------------------------------------------------------------

customers = Table(
    "customers",
    metadata,
    Column("id", String(64), primary_key=True),  # the shop's own customer number
    Column("name", Text),
    Column("email", Text),
    Column("tier", String(16)),
    Column("lang", String(8)),
    Column("created_at", UtcDateTime, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", String(16), nullable=False),  # agent, lead, admin
    Column("password_hash", Text, nullable=False),
    Column("lang", String(8), nullable=False, server_default="en"),
    Column("status", String(16), nullable=False, server_default="available"),
    # What the automatic assignment goes by. No language named: all of the shop's.
    Column("skills", JSON, nullable=False, server_default="[]"),
    Column("langs", JSON, nullable=False, server_default="[]"),
    Column("team", String(40)),
    Column("picture", String(32)),  # the id of the present one in agent_pictures
    Column("capacity", Integer),  # conversations at once; none: the playbook's figure
    Column("assigned_at", UtcDateTime),  # when the last one was given to them, for taking turns
    Column("seen_at", UtcDateTime),
    Column("disabled_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    # The second factor: see support.team.two_factor.
    Column("totp_secret", String(64)),
    Column("totp_pending", String(64)),
    Column("totp_step", BigInteger),
    Column("recovery_codes", JSON, nullable=False, server_default="[]"),
)

agent_pictures = Table(
    "agent_pictures",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("image", LargeBinary, nullable=False),
)

desk_logins = Table(
    "desk_logins",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("id", String(32)),  # by which its owner can end it
    Column("address", String(64)),
    Column("device", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

Index("uq_desk_logins_id", desk_logins.c.id, unique=True)

# Conversations ----------------------------------------------------------------------------------

# All that one visitor ever exchanged with the shop on one channel.
threads = Table(
    "threads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("address", Text),  # where the channel delivers, such as a Telegram chat
    Column("used_channel", String(16)),  # where the customer wrote last, if not on `channel`
    Column("preferred_channel", String(16)),  # where answers go in any case
    Column("joined_to", String(32), index=True),  # the same customer's thread that goes on
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("lang", String(8)),
    Column("contact", Text),  # an e-mail address for answers nobody is there to read
    Column("last_seq", Integer, nullable=False, server_default="0"),
    Column("read_seq", Integer, nullable=False, server_default="0"),
    Column("page", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "address"),
)

# An address of another channel that speaks into a thread. `shown_seq`: up to where it has been
# shown what was said.
links = Table(
    "links",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    Column("shown_seq", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("thread_id", "channel"),
)

# Codes that make a link, once; only their hash is kept.
link_codes = Table(
    "link_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("channel", String(16), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

# One matter in a thread, and who owns it.
conversations = Table(
    "conversations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, ... within the thread
    Column("state", String(16), nullable=False),
    Column("epoch", Integer, nullable=False, server_default="1"),
    Column("agent_id", ForeignKey("agents.id")),
    Column("channel", String(16), nullable=False),
    Column("customer_id", ForeignKey("customers.id")),
    Column("lang", String(8)),
    Column("reason", String(16)),  # of the last handover
    Column("anger", String(16), nullable=False, server_default="none"),
    Column("topic", String(32)),  # the last clear intent
    Column("dialogue", JSON),  # {state: the brain's own, opaque here; active_loop}
    Column("facts", JSON, nullable=False, server_default="{}"),
    Column("verified_orders", JSON, nullable=False, server_default="[]"),
    Column("handled_seq", Integer, nullable=False, server_default="0"),
    Column("hint", Text),  # what the agent who returned it told the assistant
    Column("labels", JSON, nullable=False, server_default="[]"),
    Column("last_text", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolved_by", ForeignKey("agents.id")),
    Column("resolve_reason", Text),
    Column("snoozed_until", UtcDateTime),
    UniqueConstraint("thread_id", "number"),
)
Index("ix_conversations_state_updated_at", conversations.c.state, conversations.c.updated_at)
Index("ix_conversations_agent_id_state", conversations.c.agent_id, conversations.c.state)
Index("ix_conversations_updated_at", conversations.c.updated_at)
# Nearly all conversations are resolved, and stay as they are: what lists of them are filtered by is
# indexed for them alone, so that a message in an open one costs no more.
_RESOLVED = conversations.c.state == text("'resolved'")
for _name in ("channel", "lang", "reason", "topic", "resolved_by"):
    Index(
        f"ix_conversations_resolved_{_name}",
        conversations.c[_name],
        conversations.c.updated_at,
        sqlite_where=_RESOLVED,
        postgresql_where=_RESOLVED,
    )
Index("ix_conversations_customer_id", conversations.c.customer_id)
_SNOOZED = conversations.c.snoozed_until.is_not(None)
Index(
    "ix_conversations_snoozed_until",
    conversations.c.snoozed_until,
    sqlite_where=_SNOOZED,
    postgresql_where=_SNOOZED,
)

# The labels once more, so that a label finds its conversations.
conversation_labels = Table(
    "conversation_labels",
    metadata,
    Column("label", String(40), primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
)
Index("ix_conversations_created_at", conversations.c.created_at)
_ANGRY = conversations.c.anger == "angry"
Index(
    "ix_conversations_angry",
    conversations.c.updated_at,
    sqlite_where=_ANGRY,
    postgresql_where=_ANGRY,
)

messages = Table(
    "messages",
    metadata,
    Column("id", Big, primary_key=True),
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("author", String(16), nullable=False),  # customer, bot, agent, system
    Column("sender", String(32), nullable=False),  # the author, an agent with number
    Column("agent_id", ForeignKey("agents.id")),
    Column("client_id", String(128)),
    # Where a customer wrote it, or where an answer was meant for.
    Column("channel", String(16), nullable=False, server_default="website"),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("data", JSON, nullable=False, server_default="{}"),
    Column("private", Boolean, nullable=False, server_default=text("false")),
    Column("epoch", Integer, nullable=False),
    Column("reading", JSON),  # what the assistant understood
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("thread_id", "seq"),
    UniqueConstraint("thread_id", "sender", "client_id"),
)
Index("ix_messages_conversation_id_seq", messages.c.conversation_id, messages.c.seq)

buttons = Table(
    "buttons",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("used_at", UtcDateTime),
)

# Customer messages waiting for the assistant: one pending row a conversation.
turns = Table(
    "turns",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(16), nullable=False),  # pending, done, dropped
    Column("from_seq", Integer, nullable=False),
    Column("to_seq", Integer),
    Column("lease_by", String(32)),
    Column("lease_until", UtcDateTime),
    Column("told_starting", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("outcome", String(32)),
    Column("intent", String(64)),
    Column("confidence", Float),
)
PENDING_TURN = turns.c.state == literal_column("'pending'")
Index(
    "uq_turns_pending",
    turns.c.conversation_id,
    unique=True,
    sqlite_where=PENDING_TURN,
    postgresql_where=PENDING_TURN,
)
_UNSURE = turns.c.confidence < text("0.45")
Index("ix_turns_unsure", turns.c.done_at, sqlite_where=_UNSURE, postgresql_where=_UNSURE)
Index("ix_turns_conversation_id_from_seq", turns.c.conversation_id, turns.c.from_seq)

# What turns did, so that a repeated turn makes nothing twice.
effects = Table(
    "effects",
    metadata,
    Column("turn_id", ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("result", JSON, nullable=False),
)

transitions = Table(
    "transitions",
    metadata,
    Column("id", Big, primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("at", UtcDateTime, nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("why", Text),
)

# A place in the human queue. Open from the handover to the claim, the cancelling or the end.
tickets = Table(
    "tickets",
    metadata,
    Column("id", Big, primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    # What the place is counted from: somebody who was in line before keeps it.
    Column("queued_at", UtcDateTime, nullable=False),
    Column("began_at", UtcDateTime),  # when this wait began
    Column("sort_at", UtcDateTime, nullable=False),  # queued_at minus the head start
    Column("reason", String(16), nullable=False),
    Column("note", JSON, nullable=False, server_default="{}"),
    Column("low_s", Integer),
    Column("high_s", Integer),
    Column("estimated_at", UtcDateTime),
    # Until when a person was promised at first, or is by the customer's own choice: a range that is
    # told anew because we are late doesn't move it.
    Column("told_until", UtcDateTime),
    Column("choice", String(16)),  # wait, message, callback
    Column("team", String(40)),  # which team it waits for; none: anybody
    Column("callback_at", UtcDateTime),
    Column("summary_correction", Text),  # not written any more
    Column("closed_at", UtcDateTime),
    Column("outcome", String(16)),  # claimed, cancelled, resolved
)
_OPEN_TICKET = tickets.c.closed_at.is_(None)
Index(
    "uq_tickets_open",
    tickets.c.conversation_id,
    unique=True,
    sqlite_where=_OPEN_TICKET,
    postgresql_where=_OPEN_TICKET,
)
Index(
    "ix_tickets_queue", tickets.c.sort_at, sqlite_where=_OPEN_TICKET, postgresql_where=_OPEN_TICKET
)
Index("ix_tickets_outcome_closed_at", tickets.c.outcome, tickets.c.closed_at)

# Which agents have a conversation before their eyes now.
presences = Table(
    "presences",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("viewing_until", UtcDateTime, nullable=False),
    Column("typing_until", UtcDateTime),
)

# What comes of conversations -------------------------------------------------------------------

cases = Table(
    "cases",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # open, in_progress, done
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("order_number", String(64), index=True),
    Column("what", Text),
    Column("item", Text),
    Column("fault", Text),
    Column("wish", Text),
    Column("happened_on", String(32)),
    Column("details", JSON, nullable=False, server_default="{}"),
    Column("lang", String(8)),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("feeling", String(16)),  # how the customer felt about what was done: good, bad
)

IDEA = cases.c.kind == literal_column("'idea'")
Index("ix_cases_ideas", cases.c.opened_at, sqlite_where=IDEA, postgresql_where=IDEA)

# A file that came with a message. Its bytes are in the data folder, under the same id.
attachments = Table(
    "attachments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    # The request that it belongs to, where there was one or came to be one.
    Column("case_number", ForeignKey("cases.number", ondelete="SET NULL"), index=True),
    Column("name", Text, nullable=False),
    Column("type", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# What was done about a case, step by step, by whom.
case_steps = Table(
    "case_steps",
    metadata,
    Column("id", Big, primary_key=True),
    Column("number", ForeignKey("cases.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("note", Text),
)

# What somebody at the desk has to do by a time: call back, keep a promise, send a card.
tasks = Table(
    "tasks",
    metadata,
    Column("id", Big, primary_key=True),
    Column("kind", String(16), nullable=False),  # callback, promise, card, followup
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("what", Text, nullable=False),
    Column("made_by", String(32), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("owner_id", ForeignKey("agents.id"), index=True),
    Column("state", String(16), nullable=False),  # open, done, cancelled, missed
    Column("closed_at", UtcDateTime),
    Column("closed_by", String(32)),
    # Any answer of a person's is what was promised; everything else is ticked off by hand.
    Column("kept_by_reply", Boolean, nullable=False, server_default=text("false")),
    Column("contact", Text),  # of a call-back: a number in E.164, an e-mail address, or "chat"
    Column("zone", String(64)),  # of a call-back: the customer's time zone
    Column("seat", Integer),  # of a call-back: which of the slot's places it takes, from 0
)
OPEN_TASK = tasks.c.state == literal_column("'open'")
OPEN_CALLBACK = OPEN_TASK & (tasks.c.kind == literal_column("'callback'"))
Index("ix_tasks_due", tasks.c.due_at, sqlite_where=OPEN_TASK, postgresql_where=OPEN_TASK)
# The database itself keeps a slot from being promised to more people than can call.
Index(
    "uq_tasks_seat",
    tasks.c.due_at,
    tasks.c.seat,
    unique=True,
    sqlite_where=OPEN_CALLBACK,
    postgresql_where=OPEN_CALLBACK,
)
Index(
    "uq_tasks_callback",
    tasks.c.conversation_id,
    unique=True,
    sqlite_where=OPEN_CALLBACK,
    postgresql_where=OPEN_CALLBACK,
)

# What a lead tells customers before they ask.
notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("text_en", Text, nullable=False),
    Column("text_ja", Text, nullable=False),
    # Whom it concerns; all of what is given has to fit, and nothing given is everybody.
    Column("topic", String(32)),
    Column("region", String(32)),
    Column("order_state", String(32)),
    Column("from_at", UtcDateTime, nullable=False),
    Column("until_at", UtcDateTime, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("spread_to", String(32)),  # the last thread looked at, or "" when all were
)
Index("ix_notices_until_at", notices.c.until_at)

# What we wrote to a customer without being asked, for the one cap on all of it.
outreach = Table(
    "outreach",
    metadata,
    Column("id", Big, primary_key=True),
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    Column("customer_id", ForeignKey("customers.id", ondelete="CASCADE")),
    Column("kind", String(16), nullable=False),  # notice, followup, nps, reminder
    Column("ref", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("thread_id", "kind", "ref"),
)
Index("ix_outreach_customer_id_at", outreach.c.customer_id, outreach.c.at)

# How likely a customer is to recommend the shop, 0 to 10; asked first, answered perhaps.
nps = Table(
    "nps",
    metadata,
    Column("id", Big, primary_key=True),
    Column("customer_id", ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("score", Integer),
    Column("at", UtcDateTime),
)
Index("ix_nps_customer_id_asked_at", nps.c.customer_id, nps.c.asked_at)
Index("ix_nps_asked_at_score", nps.c.asked_at, nps.c.score)

missed_questions = Table(
    "missed_questions",
    metadata,
    Column("id", Big, primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), index=True),
    Column("text", Text, nullable=False),  # masked
    Column("lang", String(8)),
    Column("topic", String(32)),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False, server_default="open"),
)

OPEN_QUESTION = missed_questions.c.state == literal_column("'open'")
Index(
    "ix_missed_questions_open",
    missed_questions.c.id,
    sqlite_where=OPEN_QUESTION,
    postgresql_where=OPEN_QUESTION,
)

feedback = Table(
    "feedback",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("score", Integer, nullable=False),
    Column("comment", Text),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_feedback_at", feedback.c.at)
COMMENTED = feedback.c.comment.is_not(None)
Index(
    "ix_feedback_commented",
    feedback.c.score,
    feedback.c.at,
    sqlite_where=COMMENTED,
    postgresql_where=COMMENTED,
)

# What the conversations that were begun on a day, or in a week, add up to, in the parts of `by`:
# see support.reports.kept.
report_days = Table(
    "report_days",
    metadata,
    Column("day", String(10), primary_key=True),  # of the shop's calendar, in `zone`;
    # of a week "w" and its Monday
    Column("by", String(16), primary_key=True),
    Column("zone", String(64), nullable=False),
    Column("version", Integer, nullable=False),  # of what is counted
    Column("made_at", UtcDateTime, nullable=False),
    Column("number", Integer, nullable=False),  # conversations
    Column("data", JSON, nullable=False),  # {part: tally}
)

# "Was this helpful?" below an article: how many said what.
article_votes = Table(
    "article_votes",
    metadata,
    Column("lang", String(8), primary_key=True),
    Column("article", String(128), primary_key=True),
    Column("helpful", Integer, nullable=False, server_default="0"),
    Column("unhelpful", Integer, nullable=False, server_default="0"),
    Column("updated_at", UtcDateTime, nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Big, primary_key=True),
    Column(
        "conversation_id",
        ForeignKey("conversations.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("seq", Integer),
    Column("verdict", String(32), nullable=False),
    Column("intent", String(64)),
    Column("article", String(128)),
    Column("score", Integer),
    Column("scorecard", JSON, nullable=False, server_default="{}"),  # criterion: 0, 1 or 2
    Column("comment", Text),
    Column("to_agent_id", ForeignKey("agents.id")),  # who is meant to read it
    Column("seen_at", UtcDateTime),  # when they had read it
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_reviews_to_agent_id_id", reviews.c.to_agent_id, reviews.c.id)

# What became of a reviewed message: an example to learn from, or nothing. `text` is masked.
lessons = Table(
    "lessons",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("review_id", ForeignKey("reviews.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("lang", String(8), nullable=False),
    Column("intent", String(64), nullable=False),
    Column("state", String(16), nullable=False),  # taken, held_back, dismissed, learned
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# What became of a reviewed message as a question of an article, or as one without any.
review_questions = Table(
    "review_questions",
    metadata,
    Column("review_id", ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(16), nullable=False),  # taken, dismissed
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Learning and switching, one at a time: what was done, and what came of it.
learning_jobs = Table(
    "learning_jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),  # learn, switch, replay
    Column("state", String(16), nullable=False),  # running, done, failed
    Column("agent_id", ForeignKey("agents.id")),
    Column("log", Text, nullable=False, server_default=""),
    Column("result", JSON, nullable=False, server_default="{}"),
    Column("began_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),  # its process lives
    Column("ended_at", UtcDateTime),
)
_RUNNING_JOB = learning_jobs.c.state == "running"
Index(
    "uq_learning_jobs_running",
    learning_jobs.c.state,
    unique=True,
    sqlite_where=_RUNNING_JOB,
    postgresql_where=_RUNNING_JOB,
)

# Searches of the transcripts under a name: `query` as in the address of their page.
saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    Column("place", String(16), nullable=False, server_default="transcripts"),  # or views
    Column("created_at", UtcDateTime, nullable=False),
)

# What agents know of a customer beyond the matter at hand: shared by all who answer them.
customer_notes = Table(
    "customer_notes",
    metadata,
    Column("id", Big, primary_key=True),
    # The thread it was written beside; all threads of a signed-in customer share their notes.
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("client_id", String(128), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("thread_id", "agent_id", "client_id"),
)

# Colleagues who were named in private notes.
mentions = Table(
    "mentions",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime),
)
Index("ix_mentions_agent_id_at", mentions.c.agent_id, mentions.c.at)

# What agents had done about orders, and what became of it. The id is the key under which the shop's
# system is asked.
order_effects = Table(
    "order_effects",
    metadata,
    Column("id", String(24), primary_key=True),
    # Money that moved is remembered when its customer is erased, without them.
    Column("conversation_id", ForeignKey("conversations.id", ondelete="SET NULL"), index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("client_id", String(128), nullable=False),
    Column("order_number", String(64), nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, ... of the order: two at once collide
    Column("kind", String(16), nullable=False),  # refund, replacement, return, credit
    Column("amount", Integer, nullable=False),
    Column("worth", Integer, nullable=False),
    Column("items", JSON, nullable=False),
    Column("reason", Text),
    Column("state", String(16), nullable=False),  # requested, declined, pending, done, refused
    Column("decided_by", ForeignKey("agents.id")),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    UniqueConstraint("conversation_id", "agent_id", "client_id"),
    UniqueConstraint("order_number", "number"),
)
PENDING_EFFECT = order_effects.c.state == literal_column("'pending'")
REQUESTED_EFFECT = order_effects.c.state == literal_column("'requested'")
Index(
    "ix_order_effects_pending",
    order_effects.c.next_at,
    sqlite_where=PENDING_EFFECT,
    postgresql_where=PENDING_EFFECT,
)
Index(
    "ix_order_effects_requested",
    order_effects.c.created_at,
    sqlite_where=REQUESTED_EFFECT,
    postgresql_where=REQUESTED_EFFECT,
)

# Guesses at orders that were not the guesser's.
lookup_failures = Table(
    "lookup_failures",
    metadata,
    Column("id", Big, primary_key=True),
    Column("thread_id", String(32), nullable=False),
    Column("order_number", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
Index("ix_lookup_failures_thread_id_at", lookup_failures.c.thread_id, lookup_failures.c.at)
Index("ix_lookup_failures_order_number_at", lookup_failures.c.order_number, lookup_failures.c.at)

# Work for later --------------------------------------------------------------------------------

timers = Table(
    "timers",
    metadata,
    Column("id", Big, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("data", JSON, nullable=False, server_default="{}"),
    Column("fired_at", UtcDateTime),
)
_PENDING_TIMER = timers.c.fired_at.is_(None)
Index(
    "uq_timers_pending",
    timers.c.kind,
    timers.c.subject,
    unique=True,
    sqlite_where=_PENDING_TIMER,
    postgresql_where=_PENDING_TIMER,
)
Index(
    "ix_timers_due", timers.c.due_at, sqlite_where=_PENDING_TIMER, postgresql_where=_PENDING_TIMER
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Big, primary_key=True),
    Column("channel", String(16), nullable=False),  # telegram, webhook, email
    Column("address", Text, nullable=False),
    Column("thread_id", ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE")),
    Column("data", JSON, nullable=False, server_default="{}"),
    Column("state", String(16), nullable=False),  # pending, sent, failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    # A server died or hung while it had it: what it sends may have arrived before.
    Column("repeated", Boolean, nullable=False, server_default=text("false")),
)
Index("ix_outbox_message_id", outbox.c.message_id)
PENDING_PARCEL = outbox.c.state == literal_column("'pending'")
FAILED_PARCEL = outbox.c.state == literal_column("'failed'")
REPEATED_PARCEL = outbox.c.repeated == true()
Index(
    "ix_outbox_pending",
    outbox.c.next_at,
    sqlite_where=PENDING_PARCEL,
    postgresql_where=PENDING_PARCEL,
)
Index("ix_outbox_failed", outbox.c.id, sqlite_where=FAILED_PARCEL, postgresql_where=FAILED_PARCEL)
Index(
    "ix_outbox_repeated",
    outbox.c.id,
    sqlite_where=REPEATED_PARCEL,
    postgresql_where=REPEATED_PARCEL,
)

# What one server at a time does for all of them: see support.leases.
leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# Updates a channel has already taken in, so that a repeated delivery is one message.
channel_updates = Table(
    "channel_updates",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("update_id", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# When the next message may go to a channel whose limit all servers keep together.
channel_pace = Table(
    "channel_pace",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("free_at", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Big, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(32), nullable=False),
    Column("action", String(32), nullable=False),
    Column("subject", Text),
    Column("detail", Text),
)
Index("ix_audit_action_id", audit.c.action, audit.c.id)
Index("ix_audit_subject_actor", audit.c.subject, audit.c.actor, audit.c.action)

# The desk's edits of what the files ship: articles and playbook, with history.
edits = Table(
    "edits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("agent_id", ForeignKey("agents.id")),
    Column("at", UtcDateTime, nullable=False),
)
