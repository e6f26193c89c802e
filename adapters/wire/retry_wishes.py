"""How far a partner's wish to be called later is followed: as long as its profile allows."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from hub.rules.failures.errors import DeliveryFailure

P = ParamSpec("P")
T = TypeVar("T")


def bounded(method: Callable[P, T]) -> Callable[P, T]:
    """Cut the wish of a failure that a destination's method raises; it has `settings.profile`."""

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except DeliveryFailure as failure:
            destination: Any = args[0]
            longest = destination.settings.profile.retry_after.longest
            if failure.retry_after is not None:
                failure.retry_after = min(failure.retry_after, longest)
            raise

    return call
