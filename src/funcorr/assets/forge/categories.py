"""All categories of the forge by name."""

from funcorr.assets.forge.blades import axe, cleaver, knife, saw
from funcorr.assets.forge.blueprint import Family
from funcorr.assets.forge.hammers import hammer, mallet
from funcorr.assets.forge.hooks import coat_hanger, hook
from funcorr.assets.forge.points import awl, fork, screwdriver
from funcorr.assets.forge.pots import kettle, pan
from funcorr.assets.forge.scoops import ladle, shovel, spatula, spoon
from funcorr.assets.forge.vessels import bottle, bowl, jug, mug

CATEGORIES: dict[str, Family] = {
    "awl": awl,
    "axe": axe,
    "bottle": bottle,
    "bowl": bowl,
    "cleaver": cleaver,
    "coat hanger": coat_hanger,
    "fork": fork,
    "hammer": hammer,
    "hook": hook,
    "jug": jug,
    "kettle": kettle,
    "knife": knife,
    "ladle": ladle,
    "mallet": mallet,
    "mug": mug,
    "pan": pan,
    "saw": saw,
    "screwdriver": screwdriver,
    "shovel": shovel,
    "spatula": spatula,
    "spoon": spoon,
}
