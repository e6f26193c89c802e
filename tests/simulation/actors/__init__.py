"""Those who act in a story and are no part of the hub: partners, counter, courier, operators."""
