"""Gateway: dossiers handed in by REST and by SOAP, beside a bare route and soapbar's server.

`course` runs the trials. `bare_side`, `hub_side` and `soapbar_side` are the programs, `sides`
starts them. `throughput` drives wrk, `fixed_rate` h2load, `large_file` sends and fetches a file of
1 GiB.
"""
