"""port/posix over lwIP's sockets, with threads, in real time."""

import socket

from support import HERE, Case


class Sockets(Case):
    """The way of FreeRTOS and ESP-IDF."""

    variant = 'sockets'

    def test_outcomes(self):
        for tls in ('1.2', '1.3'):
            service = self.service(tls=tls)
            result = self.call(service)
            self.assert_outcome(result, 'accepted', 'ok', http_status=200)
            self.assertEqual(result.seen['peer'], f'{HERE} port {service.port}')
            self.assert_outcome(self.call(service, name='127.0.0.1', connect_to=HERE), 'accepted')
            self.assert_outcome(self.call(service, token='denied-'), 'refused', http_status=403, error_code='SMS.9004')
            self.assert_outcome(self.call(service, token_length=16384), 'accepted')
            self.assert_outcome(self.call(service, 'fault-bigbody-300'), 'refused', error_code='SMS.7713')
            self.assert_outcome(self.call(service, 'fault-silent', timeout=1500), 'unknown', 'timeout')
            self.assert_outcome(self.call(service, 'fault-cut-40'), 'unknown', 'connection_lost')
            self.assert_outcome(self.call(service, 'fault-reset'), 'unknown', 'connection_lost')

    def test_largest_403(self):
        self.assert_outcome(self.call(self.service(), 'fault-max403'), 'refused', 'http_status', http_status=403)

    def test_not_sent(self):
        for cert in ('unknown', 'expired', 'wrong-name'):
            result = self.call(self.service(cert=cert))
            self.assert_outcome(result, 'not_sent', 'certificate_rejected')
        with socket.create_server(('127.0.0.1', 0)) as closed:
            port = closed.getsockname()[1]
        service = self.service()
        result = self.call(service, connect_to=f'{HERE}:{port}')
        self.assert_outcome(result, 'not_sent', 'connect_failed')
        self.assertIn('connection refused by', result.seen['sentence'])
        self.assert_outcome(self.call(service, name='nowhere.example.test'), 'not_sent', 'resolve_failed')
        self.assert_outcome(self.call(service, names_silent=1, timeout=700), 'not_sent', 'timeout')
        self.assert_outcome(self.call(service), 'accepted')

    def test_given_up_names(self):
        service = self.service()
        for _ in range(3):
            self.assert_outcome(self.call(service, names_silent=1, cancel=30), 'not_sent', 'cancelled')
        self.assert_outcome(self.call(service), 'accepted')

    def test_cancelled_anywhere(self):
        service = self.service()
        for moment in range(1, 160, 12):
            result = self.call(service, cancel=moment, delay=10, token_length=9000)
            self.assertIn(result.json['outcome'], ('not_sent', 'unknown', 'accepted'), result)
        self.assert_outcome(self.call(service), 'accepted')

    def test_lossy_line(self):
        service = self.service()
        for _ in range(8):
            result = self.call(service, loss=5, duplicate=5, reorder=5, delay=3, timeout=20000)
            self.assertIn(result.json['outcome'], ('accepted', 'not_sent', 'unknown'), result)




class SocketsIpv6(Case):
    """Both families."""

    variant = 'sockets-ipv6'

    def test_families(self):
        service = self.service()
        self.assert_outcome(self.call(service, has_ipv6=1), 'accepted')
        self.assert_outcome(self.call(service, has_ipv6=1, ipv6_dead=1), 'accepted')
        self.assert_outcome(self.call(service, has_ipv6=1, names_ipv6_slow=1), 'accepted')
        six = self.service(address='::1')
        result = self.call(six, has_ipv6=1)
        self.assert_outcome(result, 'accepted')
        self.assertEqual(result.seen['peer'], f'[fec0::2] port {six.port}')
        self.assert_outcome(self.call(six, name='[::1]', connect_to='[fec0::2]'), 'accepted')

    def test_given_up_names(self):
        service = self.service()
        for _ in range(4):
            self.assert_outcome(self.call(service, names_silent=1, cancel=30), 'not_sent', 'cancelled')
        self.assert_outcome(self.call(service), 'accepted')


class SocketsIpv4(Case):
    """lwIP without IPv6."""

    variant = 'sockets'

    def test_other_family(self):
        self.assert_outcome(self.call(self.service(), connect_to='[fec0::2]'), 'not_sent', 'connect_failed')
