"""Words that tell a definition from a judgement, and a term from what points at something said before."""

_JUDGING = """
good bad great big small new clear simple strong better best major minor key critical vital matter result good-faith
long short lot few little bit pity shame must mistake problem question reason moment time day year war fact serious
grave heavy high low large real true false sure sign proof victory tragedy challenge tremendous wonderful beautiful
terrible sad remarkable fair just important necessary proper wise promise blessing land place part member people story
symbol test testament tribute way step goal
"""
_POINTING = """
this that these those it he she they we you i there here what which who whom where when why how such each one none
nothing everything something anything someone everyone all both either neither also then so but and or if because his
her its our your their my mine ours not is are was were be been has have had do does did will would shall should can
could may might must note warning todo example tip important
"""

JUDGING = frozenset(_JUDGING.split())
"""A sentence `X is a <one of these>` says what its writer thinks of X, not what X is."""

POINTING = frozenset(_POINTING.split())
"""Words that a term does not begin with, as written in lower case."""
