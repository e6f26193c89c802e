"""`script/bench scan`: codes on damaged pages against zbar, and a stack on its way to dossiers."""
