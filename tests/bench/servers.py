"""The server of the bench, and a proxy before it that counts bytes and round trips."""

import contextlib
import select
import socket
import time

import answers
from peers import CountingProxy, Nginx, closed_port
from support import PKI

# The chains and the versions of TLS: each pair is a port of one nginx.
CHAINS = ('ec', 'rsa')
VERSIONS = ('1.3', '1.2')

# Task ids that say which answer is wanted; as long as real ones are.
ACCEPTED, REFUSED, LARGEST = (f'5e0b1a2c-7d34-4f6e-9a01-{number:012}' for number in (1, 2, 3))

# Ids of so many tasks, of which all are accepted.
MANY = '5e0b1a2c-7d34-4f6e-9a02-'


def many(count):
    """That many task ids."""
    return [f'{MANY}{number:012}' for number in range(1, count + 1)]


LOCATIONS = f"""
    location = /v3/tasks/{ACCEPTED}/action {{ return 200 '{answers.ACCEPTED.decode()}'; }}
    location /v3/tasks/{MANY} {{ return 200 '{answers.ACCEPTED.decode()}'; }}
    location = /v3/tasks/{REFUSED}/action {{ return 403 '{answers.REFUSED.decode()}'; }}
    location = /v3/tasks/{LARGEST}/action {{ error_page 403 /largest.json; return 403; }}
    location = /largest.json {{ internal; }}
"""


class Servers(Nginx):
    """One nginx with a port for each chain and version of TLS."""

    def __init__(self):
        super().__init__(LOCATIONS)
        self.ports = {}

    def _config(self, port):
        (self.folder / 'largest.json').write_bytes(answers.LARGEST)
        kinds = [(chain, version) for chain in CHAINS for version in VERSIONS]
        self.ports = {kind: closed_port() for kind in kinds}
        self.ports[kinds[0]] = port
        return f"""
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  default_type application/json;
  large_client_header_buffers 4 32k;
  keepalive_requests 10000;
  root {self.folder};
  {''.join(self._server(*kind) for kind in kinds)}
}}
"""

    def _server(self, chain, version):
        return f"""
  server {{
    listen 127.0.0.1:{self.ports[chain, version]} ssl;
    ssl_certificate {PKI}/{chain}.pem;
    ssl_certificate_key {PKI}/{chain}.key;
    ssl_protocols TLSv{version};
    {LOCATIONS}
  }}"""


class FlightProxy(CountingProxy):
    """Counts also the round trips until the answer to a request of at least so many bytes.

    What comes from one end in quick succession is one flight: it is passed on together, so that what the server says
    between two sends of a client that waits for nothing is not taken for a round trip."""

    QUICK = 0.02

    def __init__(self, port, request_bytes):
        super().__init__(port)
        self._request_bytes = request_bytes
        self.round_trips = 1     # of TCP's own handshake

    def _pass_on(self, connection, server):
        asked = answered = False
        open_ends = {connection, server}
        while open_ends and (ready := select.select(list(open_ends), [], [], 30)[0]):
            for end in ready:
                time.sleep(self.QUICK)
                data = b''
                with contextlib.suppress(OSError):    # the other end may be gone: an end like any other
                    data = end.recv(1 << 20)
                if not data:
                    open_ends.discard(end)
                elif end is connection:
                    asked = True
                    self.to_server += len(data)
                else:
                    self.to_client += len(data)
                    if asked and not answered:
                        self.round_trips += 1
                        answered = self.to_server >= self._request_bytes
                    asked = False
                other = server if end is connection else connection
                with contextlib.suppress(OSError):
                    if data:
                        other.sendall(data)
                    else:
                        other.shutdown(socket.SHUT_WR)
