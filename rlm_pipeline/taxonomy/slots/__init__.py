"""Second views of a text: what its records say in one word out of several, as a place, a part or an act.

A slot is a set of words that stand for one another: nearly every statement has one of them, and more of them do than
would if the words were strewn by chance. "Cut his finger", "strained his back", "fell on his knee" share no subject,
but each fills the same slot. Such a dimension is found beside the subjects that clustering whole statements finds.
"""
