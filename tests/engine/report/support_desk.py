"""A published taxonomy of a support desk, as the report reads it: counts that add up, eleven years, planted trends."""

import dataclasses
import random
from pathlib import Path

from rlm_pipeline import store as storage
from rlm_pipeline.model import Manifest, SourceManifest
from rlm_pipeline.profiling.schema import CanonicalColumn, Schema
from rlm_pipeline.synthesis import document as findings
from rlm_pipeline.taxonomy import document

YEARS = tuple(f"FY{year}" for year in range(2012, 2023))

TOPICS = {
    "hardware, device": {
        "printer, paper jam": "printer paper jam toner tray cartridge",
        "laptop, battery drain": "battery laptop charger drain overheating",
        "monitor, flickering": "monitor flicker screen cable dock",
        "keyboard, sticking keys": "keyboard key sticking mouse wireless",
        "phone, cracked screen": "phone cracked handset replacement",
    },
    "access, account": {
        "password reset, locked out": "password reset locked expired login",
        "vpn, connection drops": "vpn tunnel drops remote token",
        "shared drive, permission denied": "permission denied drive folder access",
        "badge, door reader": "badge door reader turnstile",
    },
    "email, calendar": {
        "outlook, mailbox full": "mailbox quota full archive outlook",
        "phishing, suspicious link": "phishing link suspicious spoofed sender",
        "calendar invite, wrong timezone": "invite timezone meeting calendar",
        "distribution list, missing members": "distribution list members bounce",
    },
    "software, licence": {
        "install request, licence key": "install licence key activation",
        "crash after update": "crash update freeze version rollback",
        "spreadsheet, macro error": "macro spreadsheet formula error",
        "browser, page not loading": "browser cache loading certificate",
    },
}
RESOLUTIONS = {
    "remote fix": {
        "restarted service remotely": "restart service remote session",
        "cleared cache, cookies": "cleared cache cookies profile",
        "reset credentials by phone": "reset credentials phone identity",
        "pushed policy update": "policy push group update",
    },
    "on-site visit": {
        "replaced part on site": "replaced part site visit",
        "swapped whole device": "swapped device loaner imaging",
        "recabled desk": "cable desk port patch",
    },
    "no fix needed": {
        "user guidance given": "guided user article explained",
        "duplicate of known incident": "duplicate incident known parent",
        "could not reproduce": "reproduce closed stale response",
        "withdrawn by requester": "withdrawn requester cancelled",
    },
    "escalated": {
        "vendor case opened": "vendor case warranty supplier",
        "handed to network team": "network team switch handed",
        "security review": "security review forensic isolate",
    },
}
MOODS = {
    None: {
        "blocked, cannot work": "blocked cannot work urgent deadline",
        "polite, thanks in advance": "thanks kindly appreciate please",
        "frustrated, third time": "third time again still frustrated",
        "confused about steps": "confused steps unsure which",
        "angry about waiting": "waiting days unacceptable nobody",
        "calm, for information": "information fyi whenever notice",
        "worried about data loss": "lost data backup worried",
        "sarcastic, joking": "magic wonderful sure joking",
        "new starter, first week": "starter first week onboarding",
        "apologetic, own mistake": "sorry mistake accidentally deleted",
        "manager copied in": "manager copied director escalate",
        "travelling, time zone": "travelling airport hotel abroad",
    }
}
CODED = {
    "priority": ("P3", "P4", "P2", "P1"),
    "channel": ("web form", "phone", "email", "chat", "walk-in"),
    "region": ("North", "South", "East", "West", "Overseas"),
    "business_unit": ("Finance", "Operations", "Sales", "Legal", "People", "Research", "Facilities"),
    "device_class": ("laptop", "desktop", "phone", "printer", "none"),
    "sla_met": ("yes", "no"),
    "reopened": ("no", "yes"),
    "support_tier": ("tier 1", "tier 2", "tier 3"),
}
QUOTES = (
    "the {words} again this morning, tried turning it off, still nothing",
    "pls help, {words}, cannot finish the month end run",
    "{words} since the weekend. Asset tag is on the back. Ring me after 2",
    "Hi team, {words} and the loaner does the same thing",
    "third ticket about {words}, nobody has come up to the fourth floor yet",
)
RISING = {"vpn, connection drops": 2.6, "phishing, suspicious link": 2.2, "handed to network team": 1.7}
FALLING = {"printer, paper jam": 0.35, "recabled desk": 0.4, "angry about waiting": 0.55}


def support_desk(*, records_per_year: int = 1800, seed: int = 7, hostile: str = "") -> document.Taxonomy:
    """Three text dimensions, eight coded ones and one that failed its gate; `hostile` is put into names and quotes."""
    chance = random.Random(seed)
    per_year = {
        year: round(records_per_year * (0.85 + 0.03 * place + 0.05 * chance.random()))
        for place, year in enumerate(YEARS)
    }
    given = {"per_year": per_year, "chance": chance, "hostile": hostile}
    text = [
        _text_dimension("topic", "What the ticket is about", "description", TOPICS, **given),
        _text_dimension("resolution", "How it was resolved", "resolution_notes", RESOLUTIONS, **given),
        _text_dimension("mood", "How the requester writes", "description_tone", MOODS, **given),
    ]
    coded = [coded_dimension(name, values, per_year, chance) for name, values in CODED.items()]
    dimensions = [*text, *coded, _failed_dimension(sum(per_year.values()))]
    quarantined = {year: chance.randint(0, 9) for year in YEARS}
    other = 212
    return document.Taxonomy(
        dataset="support",
        run_id="5b1e0c9a7d2f4e68",
        generated_at="2023-01-09T06:00:00Z",
        inputs=tuple(
            document.Input(
                partition=year,
                source=f"support_{year.lower()}.csv",
                sha256=f"{chance.getrandbits(256):064x}",
                rows=per_year[year],
                quarantined=quarantined[year],
            )
            for year in YEARS
        ),
        coverage=document.Coverage(
            records=sum(per_year.values()),
            labelled=sum(per_year.values()) - other,
            other=other,
            quarantined=sum(quarantined.values()),
            read_by_model=0,
            citations=268,
            citations_verified=268,
        ),
        dimensions=tuple(dimensions),
        relationships=relationships(dimensions[:-1], 23, chance),
        trends=_trends(text),
        knowledge_items=_knowledge(text, chance),
        recommendations=_recommendations(),
        left_out={
            "internal_id": "one distinct value per record: an identifier",
            "row_guid": "one distinct value per record: an identifier",
            "legacy_flag": "constant: 'N' in 19,844 records",
            "legacy_code": "constant: '0' in 19,844 records",
            "spare_1": "empty in every year",
            "spare_2": "empty in every year",
            "spare_3": "empty in every year",
            "floor_note": "text in 1.2 % of records, below the 5 % needed",
        },
    )


def large(*, seed: int = 11) -> document.Taxonomy:
    """200 categories in one text dimension, 60 dimensions, 300 relationships."""
    chance = random.Random(seed)
    per_year = {year: 6800 + 20 * place for place, year in enumerate(YEARS)}
    wide = {
        f"area {area:02}, general": {
            f"subject {area:02}-{leaf:02}, detail": f"subject {area} {leaf}" for leaf in range(10)
        }
        for area in range(20)
    }
    text = [
        _text_dimension("topic", "What it is about", "narrative", wide, per_year=per_year, chance=chance, hostile="")
    ]
    values = tuple(f"value {place:02}" for place in range(24))
    coded = [coded_dimension(f"coded_{place:02}", values[: 2 + place % 23], per_year, chance) for place in range(59)]
    base = support_desk(seed=seed)
    return base.model_copy(
        update={
            "dataset": "large",
            "dimensions": (*text, *coded),
            "relationships": relationships([*text, *coded], 300, chance),
            "trends": _trends(text),
            "left_out": {
                f"unused_column_{place:04}": f"constant: '{place}' in 75,000 records" for place in range(2100)
            },
        }
    )


def merged(*, hostile: str = "") -> findings.MergedFindings:
    """One theme of two columns, one of a single column, and a disagreement between two years."""

    def cited(row):
        return findings.Citation(
            partition="FY2014",
            source="support_fy2014.csv",
            row=row,
            line=row + 3,
            chunk_id="0f" * 8,
            quote=f"tier 1{hostile}",
            verified=True,
        )

    def theme(*names):
        return findings.Theme(
            id="-".join(names),
            title=", ".join(names),
            summary=f"{names[0]}: 3 values, most often 'tier 1{hostile}' (51.2 % of 19,848); 241 empty cells.",
            members=tuple(findings.Member(scope=name, findings={"distribution": 11}) for name in names),
            findings=11 * len(names),
            citations=(cited(12), cited(40)),
        )

    sides = tuple(
        findings.Side(where=year, shows=f"'tier 2{hostile}' in {share} %", n=1700, citations=(cited(7),))
        for year, share in (("FY2013", 61.0), ("FY2019", 22.5))
    )
    return findings.MergedFindings(
        dataset="support",
        partitions={year: findings.Totals(records=1800, batches=6, findings=40) for year in YEARS},
        columns=(),
        pairs=(),
        themes=(theme("support_tier", "device_class"), theme("channel")),
        conflicts=(
            findings.Conflict(
                id="c1",
                kind="shift",
                between="partitions",
                scope="support_tier",
                summary="support_tier: FY2013 and FY2019 differ",
                effect=0.385,
                q=1e-9,
                sides=sides,
            ),
        ),
        top=tuple(
            findings.Ranked(
                id=of,
                of=of,
                analyst="code",
                type="dead_code",
                scope=f"function:{of}{hostile}",
                summary=f"{of} is never called{hostile}",
                severity="notice",
                confidence=0.9,
                total=2,
                breadth=0.001,
                unexpectedness=0.5,
                score=0.3,
                why="notice; 2 of 19,800 records (0.0 %)",
                citations=(cited(3),),
            )
            for of in ("reading", "scope", "column")
        ),
    )


def write(
    taxonomy: document.Taxonomy,
    root: Path,
    *,
    columns: Schema | None = None,
    found: findings.MergedFindings | None = None,
) -> storage.DatasetStore:
    """Store a taxonomy, the manifests of its inputs, a schema and findings, as the stages before the report do."""
    dataset = storage.Store(root).dataset(taxonomy.dataset)
    if found is not None:
        storage.write_json(found.model_dump(mode="json"), dataset.merged_all_years_path)
    if columns is not None:
        storage.write_json(dataclasses.asdict(columns), dataset.schema_path)
    storage.write_json(taxonomy.model_dump(mode="json", by_alias=True), dataset.taxonomy_path)
    for part in taxonomy.inputs:
        dataset.write_manifest(
            Manifest(
                partition=part.partition,
                sources=(
                    SourceManifest(
                        source=part.source,
                        bytes=1_250_000 + part.rows,
                        sha256=part.sha256,
                        detected_type="csv",
                        evidence="",
                        encoding="utf-8",
                        delimiter=",",
                        header_line=1,
                        header=("ticket_no", "description"),
                        reader="polars",
                        rows=part.rows,
                        quarantined=part.quarantined,
                        records_file=f"{part.source}.parquet",
                    ),
                ),
            )
        )
    return dataset


def schema() -> Schema:
    """Columns of the same desk: one added, one dropped, one renamed and retyped, one to be ignored, most unchanged."""

    def column(name, *, kind="categorical", role="", spelled=None, renamed=(), retyped=()):
        columns = spelled or dict.fromkeys(YEARS, name)
        return CanonicalColumn(
            name=name,
            kind=kind,
            role=role,
            columns=columns,
            confidence=1.0,
            evidence="same name",
            added=min(columns) if min(columns) != YEARS[0] else None,
            dropped=max(columns) if max(columns) != YEARS[-1] else None,
            renamed=renamed,
            retyped=retyped,
            kinds=dict.fromkeys(columns, kind),
        )

    tier = {year: "tier" if year < "FY2017" else "support_tier" for year in YEARS}
    gappy = {year: "floor_note" for year in YEARS if year not in {"FY2015", "FY2016"}}
    return Schema(
        partitions=YEARS,
        columns=(
            *(column(name) for name in CODED if name != "support_tier"),
            column(
                "support_tier",
                spelled=tier,
                renamed=(("FY2017", "tier", "support_tier"),),
                retyped=(("FY2019", "number", "string"),),
            ),
            column("remote_session", spelled=dict.fromkeys(YEARS[6:], "remote_session")),
            column("fax_number", spelled=dict.fromkeys(YEARS[:4], "fax_number")),
            column("floor_note", kind="text", spelled=gappy),
            column("home_phone", kind="ignored", role="ignored", spelled=dict.fromkeys(YEARS[3:], "home_phone")),
        ),
        empties=("spare_1", "spare_2", "spare_3"),
        constants=("legacy_flag", "legacy_code"),
    )


def _text_dimension(key, name, facet, tree, *, per_year, chance, hostile):
    leaves = [(parent, leaf, words) for parent, branch in tree.items() for leaf, words in branch.items()]
    weights = {leaf: 1.0 / (1 + place) ** 0.45 + 0.25 * chance.random() for place, (_, leaf, _) in enumerate(leaves)}
    by_leaf = {leaf: {} for _, leaf, _ in leaves}
    other = blank = 0
    for place, (year, records) in enumerate(per_year.items()):
        blank_here, other_here = round(records * 0.031), round(records * (0.05 + 0.02 * chance.random()))
        blank, other = blank + blank_here, other + other_here
        pull = place / (len(per_year) - 1)
        yearly = {
            leaf: weight * (RISING.get(leaf, FALLING.get(leaf, 1.0)) ** pull) * (0.93 + 0.14 * chance.random())
            for leaf, weight in weights.items()
        }
        counts = _split(records - blank_here - other_here, yearly)
        for leaf, count in counts.items():
            by_leaf[leaf][year] = count
    labelled = sum(sum(counts.values()) for counts in by_leaf.values())
    tentative = {leaf for _, leaf, _ in leaves[-2:]}
    categories = [
        _category(
            key,
            place,
            leaf,
            parent,
            words=words,
            by_year=by_leaf[leaf],
            labelled=labelled,
            tentative=leaf in tentative,
            chance=chance,
            hostile=hostile,
        )
        for place, (parent, leaf, words) in enumerate(leaves)
    ]
    for place, parent in enumerate(parent for parent in tree if parent is not None):
        members = [by_leaf[leaf] for leaf in tree[parent]]
        total = sum(sum(member.values()) for member in members)
        categories.append(
            document.Category(
                id=f"{key}-g{place:02}",
                name=parent,
                definition=f"Groups {len(members)} categories",
                status="established",
                count=total,
                share=total / labelled,
                by_partition={year: sum(member[year] for member in members) for year in per_year},
                keywords=tuple(parent.split(", ")),
            )
        )
    return document.Dimension(
        id=key,
        name=name + hostile,
        definition=f"Answers in the column {facet}, grouped by meaning; {len(leaves)} groups recur over subsamples.",
        facet=facet,
        kind="text",
        method="kNN graph, shared-neighbour weights, Leiden, stability over subsamples against a null",
        stability=round(0.78 + 0.12 * chance.random(), 3),
        gate="passed",
        gate_reason="93 % of sampled statements lie in categories with stability of at least 0.6",
        levels=_levels(len(leaves), chance),
        sampled_statements=4000,
        distinct_statements=sum(per_year.values()) - 1300,
        labelled=labelled,
        other=other,
        blank=blank,
        categories=tuple(categories),
    )


def _levels(chosen, chance):
    sizes = [4, 7, 11, chosen, 29, 44, 80]
    data = [0.93, 0.88, 0.87, 0.86, 0.71, 0.62, 0.55]
    null = [0.82, 0.55, 0.41, 0.33, 0.29, 0.26, 0.24]
    return tuple(
        document.Level(
            categories=size,
            stability=round(real - 0.02 * chance.random(), 3),
            null_stability=structureless,
            coverage=round(min(0.98, real + 0.08), 3),
            chosen=size == chosen,
        )
        for size, real, structureless in sorted(zip(sizes, data, null, strict=True))
    )


def _category(key, place, leaf, parent, *, words, by_year, labelled, tentative, chance, hostile):
    count = sum(by_year.values())
    quotes = chance.sample(QUOTES, 3)
    cited = [_citation(quote.format(words=leaf.replace(",", "")) + hostile, chance) for quote in quotes]
    return document.Category(
        id=f"{key}-{place:02}",
        name=leaf + hostile,
        definition=f"Records that speak of {', '.join(words.split()[:3])}; {count / labelled:.1%} of the labelled.",
        parent=None if parent is None else f"{key}-g{_index(key, parent)}",
        status="tentative" if tentative else "established",
        count=count,
        share=count / labelled,
        by_partition=by_year,
        keywords=tuple(words.split()),
        exemplars=tuple(cited[:2]),
        border_cases=tuple(cited[2:]),
        stability=round(chance.uniform(0.41, 0.58) if tentative else chance.uniform(0.63, 0.98), 3),
        containment=round(chance.uniform(0.35, 0.5) if tentative else chance.uniform(0.55, 0.9), 3),
    )


def _index(key, parent):
    trees = {"topic": TOPICS, "resolution": RESOLUTIONS}
    tree = trees.get(key, {})
    names = list(tree) if parent in tree else []
    return f"{names.index(parent):02}" if names else f"{int(parent.split()[1].strip(',')):02}"


def _citation(quote, chance):
    year = chance.choice(YEARS)
    row = chance.randint(2, 1700)
    return document.Citation(
        source=f"support_{year.lower()}.csv", row=row, line=row + 3, column="description", quote=quote, verified=True
    )


def coded_dimension(name, values, per_year, chance):
    """A dimension whose categories are a coded column's values."""
    weights = {value: 1.0 / (1 + place) ** 0.9 + 0.1 * chance.random() for place, value in enumerate(values)}
    by_value = {value: {} for value in values}
    blank = 0
    for year, records in per_year.items():
        blank_here = round(records * 0.012)
        blank += blank_here
        noisy = {value: weight * (0.9 + 0.2 * chance.random()) for value, weight in weights.items()}
        for value, count in _split(records - blank_here, noisy).items():
            by_value[value][year] = count
    labelled = sum(sum(counts.values()) for counts in by_value.values())
    return document.Dimension(
        id=name,
        name=name.replace("_", " "),
        definition=f"The values of the column {name}, as recorded.",
        facet=name,
        kind="categorical",
        method="the column's values",
        gate="passed",
        labelled=labelled,
        blank=blank,
        categories=tuple(
            document.Category(
                id=f"{name}-{place:02}",
                name=value,
                definition=f"{name} is {value}",
                status="established",
                count=sum(counts.values()),
                share=sum(counts.values()) / labelled,
                by_partition=counts,
            )
            for place, (value, counts) in enumerate(by_value.items())
        ),
    )


def _failed_dimension(records):
    return document.Dimension(
        id="closing_remark",
        name="Closing remark",
        definition="Answers in the column closing_remark.",
        facet="closing_remark",
        kind="text",
        method="kNN graph, shared-neighbour weights, Leiden, stability over subsamples against a null",
        gate="no_stable_structure",
        gate_reason="at most 48 % of sampled statements lie in a category with stability of at least 0.6; 75 % needed",
        levels=tuple(
            document.Level(categories=size, stability=real, null_stability=null, coverage=covered)
            for size, real, null, covered in (
                (3, 0.71, 0.84, 0.48),
                (6, 0.52, 0.58, 0.41),
                (12, 0.44, 0.42, 0.33),
                (31, 0.35, 0.3, 0.2),
                (70, 0.29, 0.26, 0.11),
            )
        ),
        sampled_statements=4000,
        distinct_statements=9120,
        blank=records - 15000,
    )


def _split(total, weights):
    scale = total / sum(weights.values())
    counts = {key: int(weight * scale) for key, weight in weights.items()}
    first = next(iter(counts))
    counts[first] += total - sum(counts.values())
    return counts


def relationships(dimensions, wanted, chance):
    """Associations and dependencies between dimensions, and a fifth of `wanted` as pairs of categories."""
    pairs = [(a, b) for place, a in enumerate(dimensions) for b in dimensions[place + 1 :]]
    chance.shuffle(pairs)
    together = wanted // 5
    found = [_related(*pair, place / wanted, chance) for place, pair in enumerate(pairs[: wanted - together])]
    found += [_together(*pair, chance) for pair in pairs[:together]]
    return tuple(sorted(found, key=lambda item: (item.kind, -item.effect, item.source, item.target)))


def _related(one, two, place, chance):
    dependency = chance.random() < 0.12
    effect = 0.964 if dependency else round(0.06 + 0.62 * (1 - place) ** 2.2, 3)
    return document.Relationship(
        kind="dependency" if dependency else "association",
        source=one.id,
        target=two.id,
        source_name=one.name,
        target_name=two.name,
        effect=effect,
        effect_name="Theil's U of the target given the source" if dependency else "bias-corrected Cramér's V",
        interval=(max(0.0, round(effect - 0.02, 3)), min(1.0, round(effect + 0.02, 3))),
        p=1e-12,
        q=1e-10 if place < 0.5 else 0.0042,
        n=chance.randint(15000, 19800),
        by_partition={year: min(1.0, round(effect * (0.9 + 0.2 * chance.random()), 3)) for year in YEARS},
        strongest=(
            f"{one.categories[0].name} with {two.categories[-1].name}: 412 records, 207 expected (2.0 times)",
            f"{one.categories[-1].name} with {two.categories[0].name}: 388 records, 251 expected (1.5 times)",
        ),
    )


def _together(one, two, chance):
    first, second = chance.choice(one.categories), chance.choice(two.categories)
    lift = round(1.2 + 2.4 * chance.random(), 2)
    return document.Relationship(
        kind="co_occurrence",
        source=first.id,
        target=second.id,
        source_name=f"{one.name}: {first.name}",
        target_name=f"{two.name}: {second.name}",
        effect=lift,
        effect_name="lift",
        interval=(lift - 0.18, lift + 0.2),
        p=1e-9,
        q=1e-7,
        n=chance.randint(15000, 19800),
        strongest=(f"{first.name} with {second.name}: {200 * lift:,.0f} records, 200 expected ({lift:.1f} times)",),
    )


def _trends(text):
    found = []
    for dimension in text:
        totals = {year: sum(c.by_partition[year] for c in dimension.categories if not _is_parent(c)) for year in YEARS}
        for category in dimension.categories:
            if _is_parent(category):
                continue
            first, last = (category.by_partition[year] / totals[year] for year in (YEARS[0], YEARS[-1]))
            if abs(last - first) < 0.012:
                continue
            found.append(
                document.Trend(
                    dimension=dimension.id,
                    category=category.id,
                    category_name=category.name,
                    start=YEARS[0],
                    end=YEARS[-1],
                    share_from=first,
                    share_to=last,
                    change_points=("FY2018",) if last > first else (),
                    interval=(last - first - 0.011, last - first + 0.011),
                    q=0.00002,
                )
            )
    return tuple(found)


def _is_parent(category):
    return "-g" in category.id


def _knowledge(text, chance):
    found = []
    for dimension in text:
        for place, category in enumerate([c for c in dimension.categories if not _is_parent(c)][:4]):
            found.append(
                document.KnowledgeItem(
                    id=f"k-{dimension.id}-{place}",
                    namespace=dimension.id,
                    statement=f"“{category.name}” takes {category.share:.1%} of the labelled records of "
                    f"“{dimension.name}”: {category.count:,} of {dimension.labelled:,}.",
                    numbers={"count": category.count, "share": category.share, "labelled": dimension.labelled},
                    citations=category.exemplars,
                    confidence=round(chance.uniform(0.72, 0.99), 2),
                    kind="size" if place else "trend",
                )
            )
    return tuple(found)


def _recommendations():
    return (
        document.Recommendation(
            id="r1",
            statement="Look into VPN connection drops before the next roll-out of remote work.",
            rationale="Their share more than doubled over eleven years and goes with missed deadlines.",
            would_change="A share that stops rising.",
            based_on=("k-topic-0", "k-topic-1"),
            priority="high",
        ),
        document.Recommendation(
            id="r2",
            statement="Give “closing_remark” a list of values, or stop asking for it.",
            rationale="Nine thousand distinct remarks show no stable structure.",
            would_change="Remarks that show a stable structure.",
            based_on=("k-resolution-2",),
            priority="medium",
        ),
        document.Recommendation(
            id="r3",
            statement="Retire the printer hotline rota.",
            rationale="Paper jams fell to a third of their former share.",
            would_change="Paper jams that no longer fall.",
            based_on=("k-topic-0",),
            priority="low",
        ),
    )
