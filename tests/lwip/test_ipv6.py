"""lwIP with both families: which address of a name is tried, and when the other."""

from support import NAME, Case


class BothFamilies(Case):
    """Names have an address of each."""

    variant = 'calls-ipv6'

    def both(self):
        """A simulator that listens in both families, on one port."""
        service = self.service()
        six = self.service(address='::1', port=service.port)
        return service, six

    def test_ipv6_first(self):
        service = self.service(address='::1')
        result = self.call(service, has_ipv6=1)
        self.assert_outcome(result, 'accepted')
        self.assertEqual(result.seen['peer'], f'[fec0::2] port {service.port}')
        self.assertTrue(service.requests[0]['executed'])

    def test_address(self):
        service = self.service(address='::1')
        result = self.call(service, name='[::1]', connect_to='[fec0::2]')
        self.assert_outcome(result, 'accepted')

    def test_only_one_call(self):
        service, six = self.both()
        self.assert_outcome(self.call(service, has_ipv6=1, delay=20), 'accepted')
        self.assertEqual(len(service.requests) + len(six.requests), 1)

    def test_refused_there(self):
        service = self.service()
        result = self.call(service, has_ipv6=1)
        self.assert_outcome(result, 'accepted')
        self.assertEqual(result.seen['peer'], f'10.0.2.2 port {service.port}')

    def test_dead_there(self):
        """The other family is tried after a quarter of a second, not after the time-out of the first."""
        result = self.call(self.service(), has_ipv6=1, ipv6_dead=1)
        self.assert_outcome(result, 'accepted')
        self.assertGreaterEqual(result.seen['connected'], 250)
        self.assertLess(result.seen['connected'], 1000)

    def test_slow_name_server(self):
        """Nor does it wait for an address that the name server is slow to give."""
        service, _ = self.both()
        result = self.call(service, has_ipv6=1, names_ipv6_slow=1)
        self.assert_outcome(result, 'accepted')
        self.assertLess(result.seen['connected'], 1000)
        self.assertEqual(result.seen['peer'].split()[0], '10.0.2.2')

    def test_none(self):
        service = self.service()
        self.assert_outcome(self.call(service), 'accepted')
        self.assert_outcome(self.call(service, name='nowhere.example.test'), 'not_sent', 'resolve_failed')
        self.assert_outcome(self.call(service, has_ipv6=1, connect_to=f'{NAME}:1'), 'not_sent', 'connect_failed')

    def test_cancelled_anywhere(self):
        service, _ = self.both()
        for moment in range(5, 300, 15):
            result = self.call(service, has_ipv6=1, delay=15, cancel=moment, hurry=moment // 15 % 2,
                               ipv6_dead=moment // 15 % 3 == 0)
            self.assertIn(result.json['outcome'], ('not_sent', 'unknown', 'accepted'), result)
            if result.json['outcome'] == 'accepted':
                break
        self.assert_outcome(self.call(service, ipv6_dead=1, has_ipv6=1), 'accepted')
