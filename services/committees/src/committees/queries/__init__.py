"""Lists and searches, straight from rows."""

from committees.queries.experts import (
    expert_counts,
    expert_gaps,
    experts_named,
    experts_of,
    experts_of_tab,
    experts_to_vet,
    filing_gaps,
    libraries,
    library_figures,
    same_expert,
    vetted_libraries,
)
from committees.queries.lists import (
    campaigns_of_tab,
    directory,
    filings_of_tab,
    modules_saved,
    own_committees,
    page_of,
    to_close,
    today,
    unit_names,
)
from committees.queries.states import campaign_state, committee_state, expert_state

__all__ = [
    "campaign_state",
    "campaigns_of_tab",
    "committee_state",
    "directory",
    "expert_counts",
    "expert_gaps",
    "expert_state",
    "experts_named",
    "experts_of",
    "experts_of_tab",
    "experts_to_vet",
    "filing_gaps",
    "filings_of_tab",
    "libraries",
    "library_figures",
    "modules_saved",
    "own_committees",
    "page_of",
    "same_expert",
    "to_close",
    "today",
    "unit_names",
    "vetted_libraries",
]
