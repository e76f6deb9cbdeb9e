# Asks for sockets of every family and kind, for names, and for a server of its own.
# expect: OK
import socket


def predict(batch):
    for family in range(46):
        for kind in range(1, 7):
            try:
                socket.socket(family, kind)
            except OSError:
                continue
            raise AssertionError(f"socket of family {family}, kind {kind}")
    for attempt in (
        lambda: socket.create_connection(("169.254.169.254", 80), 1),
        lambda: socket.create_server(("127.0.0.1", 0)),
        lambda: socket.getaddrinfo("example.org", 80),
        lambda: socket.socketpair(),
    ):
        try:
            attempt()
        except OSError:
            continue
        raise AssertionError("reached the network")
    return [[1, 0, 0]] * len(batch)
