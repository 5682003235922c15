"""Tables of figures: as plain text for a terminal, as Markdown for the README."""

import dataclasses


@dataclasses.dataclass
class Row:
    """A figure: what was measured of each program, and what it should be."""

    figure: str
    measured: list      # numbers or None
    budget: float | None = None
    aim: float | None = None
    form: str = '{:,.0f}'
    judged: int = 1     # how many of the measured the budget is for, from the left

    def _cell(self, value):
        return '-' if value is None else self.form.format(value)

    def _mark(self, number, value):
        if number >= self.judged or value is None or self.budget is None:
            return ''
        return '!' if value > self.budget else '+' if self.aim is not None and value > self.aim else ''

    def cells(self, beside):
        """The texts of a line; beside: with what should be."""
        return [self.figure, *(self._cell(value) + self._mark(number, value)
                               for number, value in enumerate(self.measured)),
                *([self._cell(self.budget), self._cell(self.aim)] if beside else ())]


class Table:
    """Rows about the same programs."""

    def __init__(self, title, columns, beside=True):
        self.title = title
        self.columns = columns
        self.beside = beside    # there are columns of budgets and aims
        self.rows = []

    def _lines(self):
        return [['', *self.columns, *(['budget', 'aim'] if self.beside else ())],
                *(row.cells(self.beside) for row in self.rows)]

    def text(self):
        """For a terminal."""
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines)]
        shown = [self.title]
        for first, *others in lines:
            shown.append(f'  {first:<{widths[0]}}' + ''.join(
                f'  {cell:>{width}}' for cell, width in zip(others, widths[1:])))
        return '\n'.join(shown) + '\n'

    def markdown(self):
        """For the README."""
        first, *others = self._lines()
        shown = [self.title, '', f'| {" | ".join(first)} |', f'|---|{"---:|" * (len(first) - 1)}']
        shown += [f'| {" | ".join(line)} |' for line in others]
        return '\n'.join(shown) + '\n'
