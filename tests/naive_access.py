"""The measures of accessibility in plain Python loops over dense lists, to compare with.

``None`` is out of reach. Written from the papers' formulas, and slow.
"""

from __future__ import annotations


def weights(minutes, decay):
    """Return the weight of each pair, 0 where out of reach."""
    return [[0.0 if t is None else decay(t) for t in row] for row in minutes]


def over(amount, among):
    """Return amount / among; nothing where nobody shares it."""
    return amount / among if among > 0 else 0.0


def column(table, j):
    return [row[j] for row in table]


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def gravity(minutes, supply, decay):
    return [dot(row, supply) for row in weights(minutes, decay)]


def two_step(minutes, supply, demand, decay, power=1):
    w = weights(minutes, decay)
    ratio = [over(s, dot(column(w, j), demand)) for j, s in enumerate(supply)]
    return [sum(r * x**power for r, x in zip(ratio, row, strict=True)) for row in w]


def three_step(minutes, supply, demand, decay):
    w = weights(minutes, decay)
    g = [[over(x, sum(row)) * x for x in row] for row in w]
    ratio = [over(s, dot(column(g, j), demand)) for j, s in enumerate(supply)]
    return [dot(row, ratio) for row in g]


def balanced(minutes, supply, demand, decay):
    w = weights(minutes, decay)
    by_row = [[over(x, sum(row)) for x in row] for row in w]
    by_column = [[over(x, sum(column(w, j))) for j, x in enumerate(row)] for row in w]
    service = [over(s, dot(column(by_row, j), demand)) for j, s in enumerate(supply)]
    return [dot(row, service) for row in by_column]


def availability(minutes, supply, demand, decay, alpha=1.0):
    w = weights(minutes, decay)
    total = [0.0] * len(demand)
    for j, s in enumerate(supply):
        pull = [p**alpha * row[j] for p, row in zip(demand, w, strict=True)]
        for i, x in enumerate(pull):
            total[i] += s * over(x, sum(pull))
    return total


def rational(minutes, supply, demand, tau, cycles=150):
    """Return the costs of the rational agent access model, as published; nan where there is none.

    All demand and supply above 0, whole residents.
    """
    rho = sum(demand) / sum(supply)
    room = [s * rho for s in supply]
    travel = [[None if t is None else t / tau for t in row] for row in minutes]
    reach = [[j for j, t in enumerate(row) if t is not None] for row in travel]
    users = [[0] * len(supply) for _ in demand]
    for i, near in enumerate(reach):
        if near:
            users[i][min(near, key=lambda j, i=i: travel[i][j])] = demand[i]
    for cycle in range(cycles):
        load = [sum(column(users, j)) for j in range(len(supply))]
        cost = [{j: load[j] / room[j] + travel[i][j] for j in near} for i, near in enumerate(reach)]
        moves = []
        for i, near in enumerate(reach):
            if not near:
                continue
            low = min(near, key=cost[i].__getitem__)
            high = max((j for j in near if users[i][j] > 0), key=cost[i].__getitem__)
            if low == high:
                continue
            here = users[i][low]
            elsewhere = load[low] - here
            there = users[i][high] + here + (load[high] - users[i][high])
            harmonic = (room[low] * room[high]) / (room[low] + room[high])
            gap = (travel[i][high] - travel[i][low]) + there / room[high] - elsewhere / room[low]
            share = max(0.2 * 0.5 ** (cycle / 50), 0.005)
            most = min(harmonic * gap - here, users[i][high], share * demand[i])
            moves.append((i, low, high, int(most)))
        if cycle < 20:
            gain = [0.0] * len(supply)
            for _, low, _, people in moves:
                gain[low] += people
            moves = [
                (i, low, high, round(people / max(gain[low] / room[low], 1)))
                for i, low, high, people in moves
            ]
        for i, low, high, people in moves:
            users[i][low] += people
            users[i][high] -= people
    return [
        sum(users[i][j] * cost[i][j] for j in near) / demand[i] if near else float("nan")
        for i, near in enumerate(reach)
    ]
