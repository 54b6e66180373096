"""The kind of a document, and the trainer that it is checked for."""

from __future__ import annotations

from typing import Literal

from trainsmith_schemas.editor.messages import DocumentStatus, ProfileChoice
from trainsmith_schemas.trainers.profiles import Profile, profiles_for
from trainsmith_server.document.result import Analysis


def document_status(analysis: Analysis) -> DocumentStatus:
    """The status of the first known document in a file."""
    if not analysis.documents:
        return DocumentStatus(document=None, profile=None, chosenBy="keys", choices=[])
    known = analysis.documents[0]
    return DocumentStatus(
        document=known.kind.name,
        profile=_choice(known.profile),
        chosenBy=_chosen_by(analysis),
        choices=[_choice(profile) for profile in profiles_for(known.kind.model)],
    )


def _chosen_by(analysis: Analysis) -> Literal["comment", "settings", "keys"]:
    if analysis.directives.profile:
        return "comment"
    return "settings" if analysis.options.profile else "keys"


def _choice(profile: Profile) -> ProfileChoice:
    return ProfileChoice(name=profile.name, title=profile.title, about=profile.about)
