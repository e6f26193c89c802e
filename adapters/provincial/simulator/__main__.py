"""`python -m adapters.provincial.simulator`: the simulated province as a process."""

from adapters.provincial.simulator import main

main()
