"""The servers that Dossier is tested against, on ports of this machine.

Two speak OpenAI's language: `scripted` says exactly what a test tells it to, faults included;
`local_model` runs a small real model, because a fake only ever does what its author thought of.
`chroma_server` is a real Chroma that can be killed, held up and started again. `openid` is a
provider of logins that lets in whom a test says.
"""
