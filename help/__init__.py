"""The public help centre: the articles as pages, searchable, without JavaScript."""

from help.contact import ContactDetails, contact_details
from help.routes import Vote, blueprint

__all__ = ["ContactDetails", "Vote", "blueprint", "contact_details"]
