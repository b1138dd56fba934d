"""All categories of the forge by name."""

from funcorr.assets.forge.blades import axe, cleaver, knife, saw
from funcorr.assets.forge.blueprint import Family
from funcorr.assets.forge.brushes import broom, brush, hairbrush, mop, paintbrush, toothbrush
from funcorr.assets.forge.cups import bucket, can, cup, flask, glass, jar, pot
from funcorr.assets.forge.cutters import box_cutter, chisel, dagger, peeler, scissors, sword, wedge
from funcorr.assets.forge.flats import cutting_board, dinner_plate, dustpan, tray
from funcorr.assets.forge.garden import hoe, pickaxe, rake, trowel
from funcorr.assets.forge.hammers import hammer, mallet
from funcorr.assets.forge.hooks import coat_hanger, hook
from funcorr.assets.forge.jaws import grabber, pliers, tongs, tweezers, wrench
from funcorr.assets.forge.pens import crayon, lipstick, marker, pen, pencil
from funcorr.assets.forge.points import awl, fork, screwdriver
from funcorr.assets.forge.pots import kettle, pan
from funcorr.assets.forge.pulls import carabiner, crowbar, fish_hook, grappling_hook, l_bracket
from funcorr.assets.forge.rollers import (
    baseball_bat,
    bowling_pin,
    flashlight,
    log,
    pipe,
    rolling_pin,
)
from funcorr.assets.forge.scoops import ladle, shovel, spatula, spoon
from funcorr.assets.forge.sieves import basket, colander, strainer, whisk
from funcorr.assets.forge.vessels import bottle, bowl, jug, mug

CATEGORIES: dict[str, Family] = {
    "L-bracket": l_bracket,
    "awl": awl,
    "axe": axe,
    "baseball bat": baseball_bat,
    "basket": basket,
    "bottle": bottle,
    "bowl": bowl,
    "bowling pin": bowling_pin,
    "box cutter": box_cutter,
    "broom": broom,
    "brush": brush,
    "bucket": bucket,
    "can": can,
    "carabiner": carabiner,
    "chisel": chisel,
    "cleaver": cleaver,
    "coat hanger": coat_hanger,
    "colander": colander,
    "crayon": crayon,
    "crowbar": crowbar,
    "cup": cup,
    "cutting board": cutting_board,
    "dagger": dagger,
    "dustpan": dustpan,
    "fish hook": fish_hook,
    "flashlight": flashlight,
    "flask": flask,
    "fork": fork,
    "glass": glass,
    "grabber": grabber,
    "grappling hook": grappling_hook,
    "hairbrush": hairbrush,
    "hammer": hammer,
    "hoe": hoe,
    "hook": hook,
    "jar": jar,
    "jug": jug,
    "kettle": kettle,
    "knife": knife,
    "ladle": ladle,
    "lipstick": lipstick,
    "log": log,
    "mallet": mallet,
    "marker": marker,
    "mop": mop,
    "mug": mug,
    "paintbrush": paintbrush,
    "pan": pan,
    "peeler": peeler,
    "pen": pen,
    "pencil": pencil,
    "pickaxe": pickaxe,
    "pipe": pipe,
    "plate": dinner_plate,
    "pliers": pliers,
    "pot": pot,
    "rake": rake,
    "rolling pin": rolling_pin,
    "saw": saw,
    "scissors": scissors,
    "screwdriver": screwdriver,
    "shovel": shovel,
    "spatula": spatula,
    "spoon": spoon,
    "strainer": strainer,
    "sword": sword,
    "tongs": tongs,
    "toothbrush": toothbrush,
    "tray": tray,
    "trowel": trowel,
    "tweezers": tweezers,
    "wedge": wedge,
    "whisk": whisk,
    "wrench": wrench,
}
