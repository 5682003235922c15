"""What the tests of several tasks in one run share."""

from support import Case, target


def tasks_seen(service):
    """The ids of the requests that were carried out or answered, in the order of the log."""
    return [record['task_id'] for record in service.requests]


def connections(service):
    """How many connections carried a request."""
    return len({record['connection'] for record in service.requests})


class Wave(Case):
    """A case that runs several tasks."""

    def run_tasks(self, service, tasks, *options, operation='start', **how):
        """With --json, the tasks as arguments."""
        return self.run_command(operation, *tasks, '--json', *target(service.port), *options, **how)
