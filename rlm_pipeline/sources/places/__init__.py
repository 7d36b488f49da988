"""Where a dataset's files come from: folders, globs, archives, standard input, object stores; and which are left out.

`locations` lists what a source means without reading it, `examination` reads what is new, `scratch` gives each file as
a local one for as long as it is read.
"""
