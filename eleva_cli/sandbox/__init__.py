"""A stateful Stripe, WorkOS and the add-on between them, as one WSGI application.

It must not know the tool: nothing here imports `eleva_cli` outside this folder, and
nothing outside may need to know that it talks to a sandbox.
"""
