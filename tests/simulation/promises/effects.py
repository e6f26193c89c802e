"""What must hold at each effect at a partner: it comes once, and in the order of its lane."""

from tests.simulation.database.observer import Reader
from tests.simulation.partners.protocol import Effect, Partner
from tests.simulation.promises.promise import Broken, Promise

_PLACE = (
    "SELECT coalesce(place, id), lane FROM deliveries "
    "WHERE message_id = :message AND destination = :to"
)

MAY_COME = 2
"""How often the effect of a lost delivery may come: from a call under way, and told again."""
_ARCHIVED = "SELECT 1 FROM archived_dossiers WHERE number = :number"


class Effects:
    """Checks each effect at its moment."""

    def __init__(self, observer: Reader) -> None:
        self.observer = observer
        self.went_back = False
        """Whether an old copy of the database was put back."""
        self._latest: dict[tuple[str, str], int] = {}
        self._seen: dict[tuple[str, str], Effect] = {}
        self._lost: dict[tuple[str, str], int] = {}
        """What a lost database knew of and the copy does not, with how often it may still come, in
        any order."""
        self._ahead: set[tuple[str, str]] = set()
        """Those that came ahead by a person's word which only a lost database knew."""
        self._stood_for: set[tuple[str, str]] = set()
        """Those of which a message made anew has claimed the effect."""

    def go_back(self, lost: set[tuple[str, str]], decided: set[tuple[str, str]]) -> None:
        """Go on from an old copy of the database.

        `lost`: partner and message id of each delivery that the lost database had and the copy has
        not, beside what was archived since; `decided`:
        partner and lane where a person has let others go ahead since the copy.
        """
        self.went_back = True
        self._lost |= dict.fromkeys(lost, MAY_COME)
        self._latest.clear()
        for key in sorted(self._seen.keys() - self._lost.keys() - self._ahead):
            rows = self.observer.rows(_PLACE, message=key[1], to=key[0])
            # Without a row its dossier is in the archive: since the copy, which then knows neither.
            if not rows and not self.observer.rows(_ARCHIVED, number=self._seen[key].number):
                self._lost[key] = MAY_COME
            for id, lane in rows:
                if (key[0], lane) in decided:
                    self._ahead.add(key)
                else:
                    self._latest[key[0], lane] = max(id, self._latest.get((key[0], lane), 0))

    def had_before(self, partner: Partner, type: str, number: str) -> bool:
        """Tell whether a partner had an effect from a message that only a lost database knew.

        The records make such a message anew, with another id; the partner says that it has it. Each
        lost effect stands for one such message.
        """
        for key, effect in self._seen.items():
            if key[0] != partner.name or (effect.type, effect.number) != (type, number):
                continue
            if key not in self._lost or key in self._stood_for:
                continue
            if not self.observer.rows(_PLACE, message=key[1], to=partner.name):
                self._stood_for.add(key)
                return True
        return False

    def happened(self, partner: Partner, effect: Effect) -> None:
        """Check an effect; raises Broken."""
        key, lane = (partner.name, effect.message_id), (partner.name, effect.number)
        if self._lost.get(key):
            self._lost[key] -= 1
            self._seen[key] = effect
            return
        if key in self._seen:
            what = f"{effect.type} of {effect.number} took effect twice at {partner.name}"
            raise Broken(Promise.EFFECT_ONCE, what)
        self._seen[key] = effect
        ((id, _),) = self.observer.rows(_PLACE, message=effect.message_id, to=partner.name)
        if id < self._latest.get(lane, 0):
            what = f"{effect.type} of {effect.number} came after a later one"
            raise Broken(Promise.EFFECTS_IN_ORDER, what)
        self._latest[lane] = id
