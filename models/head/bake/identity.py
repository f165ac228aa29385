"""Sampled identities and their principal components."""

import re

import numpy as np

LEFT_OUT = {'head-round', 'head-trans-down', 'head-trans-up'}
FACE_GROUPS = ['head', 'forehead', 'eyebrows', 'neck', 'eyes', 'nose', 'ears', 'mouth', 'chin', 'cheek']
RACES = ['african', 'asian', 'caucasian']


def slider_pairs(source):
    """Face sliders as `(name, target below 0 or None, target above 0)`; then the asymmetry pairs."""
    pairs = []
    for group in source.sliders():
        if group['group'] not in FACE_GROUPS:
            continue
        for m in group['modifiers']:
            if 'target' not in m:
                continue
            name = m['target']
            ends = [f'{name}-{m[k]}' if k in m else None for k in ('min', 'max')]
            if ends == [None, None]:
                ends = [None, name]
            if any(e in LEFT_OUT for e in ends):
                continue
            rows = [e and f'{group["group"]}/{e}' for e in ends]
            pairs.append(('/'.join(str(e) for e in ends), rows[0], rows[1]))
    for row in source.rows:
        if row.startswith('asym/asym-') and row.endswith('-l'):
            pairs.append((row, row, row[:-1] + 'r'))
    return pairs


def age_weights(age):
    """MakeHuman's age groups of a slider in 0..1 (0.1875 a child, 0.5 is 25 years, 1 is 90)."""
    if age < 0.5:
        young = max(0.0, (age - 0.1875) * 3.2)
        child = max(0.0, min(1.0, 5.333 * age) - young)
        return {'child': child, 'young': young}
    old = age * 2 - 1
    return {'young': 1 - old, 'old': old}


def level(value, low, middle, high):
    """Weights of a slider in 0..1 whose middle is 0.5."""
    return {low: max(0.0, 1 - 2 * value), high: max(0.0, 2 * value - 1), middle: 1 - abs(2 * value - 1)}


def macro_weights(rng):
    """Target → weight of one person's macro sliders: gender, age, race, muscle, weight."""
    male = rng.beta(0.6, 0.6)
    gender = {'male': male, 'female': 1 - male}
    age = age_weights(np.clip(rng.normal(0.6, 0.15), 0.42, 0.95))
    race = dict(zip(RACES, rng.dirichlet([0.45] * 3)))
    muscle = level(np.clip(rng.normal(0.5, 0.15), 0, 1), 'minmuscle', 'averagemuscle', 'maxmuscle')
    weight = level(np.clip(rng.normal(0.5, 0.17), 0.05, 0.95), 'minweight', 'averageweight', 'maxweight')
    out = {}
    for g, wg in gender.items():
        for a, wa in age.items():
            for r, wr in race.items():
                out[f'macrodetails/{r}-{g}-{a}'] = wg * wa * wr
            for m, wm in muscle.items():
                for w, ww in weight.items():
                    if wg * wa * wm * ww > 0:
                        out[f'macrodetails/universal-{g}-{a}-{m}-{w}'] = wg * wa * wm * ww
    return out


def slider_weights(rng, pairs):
    """Target → weight of one person's face sliders; left and right of a pair differ little."""
    out, shared = {}, {}
    for name, low, high in pairs:
        sided = re.search(r'(^|/)[lr]-', high)
        key = re.sub(r'(^|/)[lr]-', r'\1', name)
        sigma = 0.13 if sided or name.startswith('asym') else 0.18
        if sided:
            if key not in shared:
                shared[key] = rng.normal()
            value = sigma * 1.2 * (0.95 * shared[key] + 0.3 * rng.normal())
        else:
            value = sigma * rng.normal()
        value = np.clip(value, -0.5, 0.5)
        if value > 0:
            out[high] = value
        elif low is not None:
            out[low] = -value
    return out


def joined(fields):
    return np.concatenate(fields).astype(np.float32).ravel()


def sample_people(source, surfaces, count, seed):
    """`[count, V, 3]` float32 dm in the base mesh's frame, V over all `surfaces` in turn; and the slider count."""
    rng = np.random.default_rng(seed)
    pairs = slider_pairs(source)
    people = [dict(macro_weights(rng), **slider_weights(rng, pairs)) for _ in range(count)]
    names = sorted({name for p in people for name in p})
    rows = np.stack([joined([s.linear(source.target(n)) for s in surfaces]) for n in names])
    column = {n: i for i, n in enumerate(names)}
    mix = np.zeros((count, len(names)), np.float32)
    for i, p in enumerate(people):
        for n, w in p.items():
            mix[i, column[n]] = w
    out = mix @ rows + joined([s.place(source.base.vertices) for s in surfaces])
    return out.reshape(count, -1, 3), len(pairs)


def align(people, stable, rounds=3):
    """Removes each person's rigid motion (Kabsch on the `stable` vertices, towards the running mean), in place."""
    mean = people.mean(0)
    for _ in range(rounds):
        target = mean[stable] - mean[stable].mean(0)
        for person in people:
            centre = person[stable].mean(0)
            u, _, vt = np.linalg.svd((person[stable] - centre).T @ target)
            sign = np.sign(np.linalg.det(u @ vt))
            rotation = u @ np.diag([1, 1, sign]) @ vt
            person[:] = (person - centre) @ rotation
        mean = people.mean(0)
    return people


def principal_components(people, count, ruling):
    """`(mean [V, 3], basis [count, V, 3] a standard deviation, explained fraction [people])` by the Gram matrix.

    The first `ruling` vertices decide the components; the others follow by regression on them.
    """
    flat = people.reshape(len(people), -1)
    mean = flat.mean(0, dtype=np.float64)
    flat = flat - mean.astype(np.float32)
    own = flat[:, : ruling * 3]
    values, vectors = np.linalg.eigh((own @ own.T).astype(np.float64))
    values, vectors = values[::-1], vectors[:, ::-1]
    basis = (vectors[:, :count].T.astype(np.float32) @ flat) / np.sqrt(len(people))
    # A component's sign is free: fix it, so that the file does not depend on the eigensolver.
    peak = basis[np.arange(count), np.abs(basis[:, : ruling * 3]).argmax(1)]
    basis *= np.sign(peak)[:, None]
    explained = np.cumsum(np.maximum(values, 0)) / np.maximum(values, 0).sum()
    return mean.reshape(-1, 3), basis.reshape(count, -1, 3).astype(np.float64), explained
