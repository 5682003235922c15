"""The chart of the README: an SVG of plain shapes and text, for light and for dark pages."""

import math
from xml.sax.saxutils import escape

WIDTH = 860
LEFT, RIGHT = 192, 436      # of the plot of one call
ROW = 25
COLUMN = 98                 # of a program's values beside it
PLOT = 170                  # height of the plot of many tasks

# Shapes besides colours, for those who cannot tell these apart and for print.
STYLES = (('#2a7de1', 'circle'), ('#7d8590', 'square'), ('#d2741f', 'triangle'), ('#2f9e5f', 'diamond'),
          ('#9a6ce0', 'cross'))

HEAD = '''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" \
role="img" aria-label="{label}">
<style>
text {{ font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #6e7781; }}
.title {{ font-weight: 600; font-size: 15px; }}
.small {{ font-size: 11.5px; }}
.value {{ font-variant-numeric: tabular-nums; text-anchor: end; }}
.strong {{ font-weight: 600; }}
.grid {{ stroke: #8c959f; stroke-opacity: .28; stroke-width: 1; }}
.axis {{ stroke: #7d8590; stroke-width: 1.5; }}
@media (prefers-color-scheme: light) {{
  text {{ fill: #24292f; }}
  .small {{ fill: #57606a; }}
}}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e6edf3; }}
  .small {{ fill: #9da7b3; }}
}}
</style>
'''


def _mark(style, x, y, size=5.0):
    colour, shape = style
    if shape == 'circle':
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size + 1:.1f}" fill="{colour}"/>'
    if shape == 'square':
        return (f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size:.1f}" height="{2 * size:.1f}" '
                f'fill="{colour}"/>')
    if shape == 'cross':
        path = (f'M{x - size:.1f} {y - size:.1f}l{2 * size:.1f} {2 * size:.1f}'
                f'm0 {-2 * size:.1f}l{-2 * size:.1f} {2 * size:.1f}')
        return f'<path d="{path}" stroke="{colour}" stroke-width="2.5" fill="none"/>'
    points = {'triangle': ((0, -1.2), (1.15, .9), (-1.15, .9)), 'diamond': ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0))}
    path = ' '.join(f'{x + size * dx:.1f},{y + size * dy:.1f}' for dx, dy in points[shape])
    return f'<polygon points="{path}" fill="{colour}"/>'


def _text(x, y, words, kind='', anchor=''):
    kind = f' class="{kind}"' if kind else ''
    anchor = f' text-anchor="{anchor}"' if anchor else ''
    return f'<text x="{x:.1f}" y="{y:.1f}"{kind}{anchor}>{escape(words)}</text>'


def _line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _scale(values, start, end):
    """A logarithmic axis that holds the values: where a value stands, and the labelled ones (1, 3, 10, 30, ...)."""
    low = math.floor(2 * math.log10(min(values)) - .1) / 2
    high = math.ceil(2 * math.log10(max(values)) + .1) / 2
    ticks = [round(10 ** (step / 2), 6) for step in range(round(2 * low), round(2 * high) + 1)]
    return (lambda value: start + (end - start) * (math.log10(value) - low) / (high - low),
            [(tick, float(f'{tick:.1g}')) for tick in ticks])


def _one_call(names, rows, top):
    """The plot of one call, and its height."""
    ratios = [ratio for _, _, values in rows for ratio in values if ratio]
    at, ticks = _scale(ratios, LEFT, RIGHT)
    bottom = top + 52 + ROW * len(rows)
    parts = [_text(0, top + 16, 'One call, compared with curl', 'title'),
             _text(0, top + 36, 'curl is 1, less is left; logarithmic', 'small')]
    for number, name in enumerate(names):
        x = RIGHT + 20 + COLUMN * (number + 1)
        parts += [_text(x, top + 36, name, 'value' + ' strong' * (number == 0)),
                  _mark(STYLES[number], x - 14 - 7.6 * len(name), top + 32)]
    for tick, label in ticks:
        parts += [_line(at(tick), top + 44, at(tick), bottom, 'axis' if label == 1 else 'grid'),
                  _text(at(tick), bottom + 15, f'{label:g}', 'small', 'middle')]
    for number, (label, shown, values) in enumerate(rows):
        y = top + 52 + ROW * (number + .5)
        parts.append(_text(0, y + 4, label))
        there = [value for value in values if value]
        parts.append(_line(at(min(there)), y, at(max(there)), y, 'grid'))
        for index in reversed(range(len(names))):
            if values[index]:
                parts.append(_mark(STYLES[index], at(values[index]), y))
            parts.append(_text(RIGHT + 20 + COLUMN * (index + 1), y + 4, shown[index] or '–',
                               'value' + ' strong' * (index == 0)))
    return parts, bottom + 26 - top


def _many_tasks(names, lines, top):
    """The plot of many tasks in one run, and its height."""
    counts = sorted({count for points in lines.values() for count, _ in points})
    walls = [wall for points in lines.values() for _, wall in points]
    at_y, ticks = _scale(walls, top + 44 + PLOT, top + 44)
    end = WIDTH - 210
    at_x = _scale(counts, 56, end)[0] if len(counts) > 1 else lambda _: 56
    parts = [_text(0, top + 16, 'Many tasks in one run: milliseconds for each task', 'title'),
             _text(0, top + 34, 'TLS 1.3; both axes logarithmic', 'small')]
    for tick, label in ticks:
        parts += [_line(48, at_y(tick), end, at_y(tick), 'grid'),
                  _text(42, at_y(tick) + 4, f'{label:g}', 'small', 'end')]
    for count in counts:
        parts.append(_text(at_x(count), top + 44 + PLOT + 18, f'{count:,} task{"s" * (count > 1)}', 'small', 'middle'))
    labels = []
    for number, name in enumerate(names):
        points = [(at_x(count), at_y(wall)) for count, wall in lines.get(name, ())]
        if not points:
            continue
        style = STYLES[number]
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{style[0]}" stroke-width="2"/>')
        parts += [_mark(style, x, y, 4) for x, y in points]
        labels.append([points[-1][1], number, f'{name}: {lines[name][-1][1]:.2f}', points[-1][0]])
    labels.sort()
    for lower, upper in zip(labels, labels[1:]):    # labels do not lie upon each other
        upper[0] = max(upper[0], lower[0] + 17)
    for y, number, words, _ in labels:
        parts += [_mark(STYLES[number], end + 14, y, 4), _text(end + 26, y + 4, words, 'strong' * (number == 0))]
    return parts, 44 + PLOT + 30


def draw(names, rows, lines):
    """The chart: names of the programs; rows of (label, texts, ratios to curl); {name: [(tasks, ms of each)]}."""
    parts, height = [], 8
    for part in ((_one_call, names, rows) if rows else None,
                 (_many_tasks, [*names, *(name for name in lines if name not in names)], lines) if lines else None):
        if part:
            function, *arguments = part
            drawn, taken = function(*arguments, height)
            parts += drawn
            height += taken + 14
    label = 'What one call and many tasks take: ' + ', '.join(names)
    head = HEAD.format(width=WIDTH, height=height, label=escape(label, {'"': '&quot;'}))
    return head + '\n'.join(parts) + '\n</svg>\n'
