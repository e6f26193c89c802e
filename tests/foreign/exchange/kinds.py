"""The foreign partners, and the profile lines that the tests at each of them need.

The lag is shorter than any that a rehearsal proposes, so that the tests are quick.
"""

from tests.foreign.exchange.partner import Kind

LAG = '[lookup]\nlag = "200ms"\n'
NO_ECHO = '[echo]\nheader = ""\n'
NPM_SOAP = Kind(name="npm-soap", mode="soap", profile=LAG + NO_ECHO)
PHP = Kind(name="php", mode="soap", profile=LAG + NO_ECHO)
NODE_REST = Kind(name="node-rest", mode="rest", profile=LAG + NO_ECHO)
NODE_TOWN = Kind(name="node-town", mode="town", profile=LAG)
PROVINCES = (NPM_SOAP, PHP, NODE_REST)
KINDS = {kind.name: kind for kind in (*PROVINCES, NODE_TOWN)}
