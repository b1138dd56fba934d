"""All categories of the forge by name."""

from funcorr_forge.blades import axe, cleaver, knife, saw
from funcorr_forge.blueprint import Family
from funcorr_forge.borers import corkscrew, drill, screw
from funcorr_forge.brushes import broom, brush, hairbrush, mop, paintbrush, toothbrush
from funcorr_forge.cups import bucket, can, cup, flask, glass, jar, pot
from funcorr_forge.cutters import box_cutter, chisel, dagger, peeler, scissors, sword, wedge
from funcorr_forge.flats import cutting_board, dinner_plate, dustpan, tray
from funcorr_forge.gadgets import comb, grater, remote_control, smartphone
from funcorr_forge.garden import hoe, pickaxe, rake, trowel
from funcorr_forge.hammers import hammer, mallet
from funcorr_forge.hooks import coat_hanger, hook
from funcorr_forge.jaws import grabber, pliers, tongs, tweezers, wrench
from funcorr_forge.kettles import coffee_pot, oil_can, teapot, watering_can
from funcorr_forge.kitchen import lid, saucepan, water_bottle
from funcorr_forge.openers import bottle_opener, can_opener, razor_blade
from funcorr_forge.pens import crayon, lipstick, marker, pen, pencil
from funcorr_forge.plates import book, brick, card
from funcorr_forge.points import awl, fork, screwdriver
from funcorr_forge.pots import kettle, pan
from funcorr_forge.pulls import carabiner, crowbar, fish_hook, grappling_hook, l_bracket
from funcorr_forge.rings import curtain_ring, paper_clip
from funcorr_forge.rollers import baseball_bat, bowling_pin, flashlight, log, pipe, rolling_pin
from funcorr_forge.rounds import battery, coin, cylinder, dowel, dumbbell, roller
from funcorr_forge.scoops import ladle, shovel, spatula, spoon
from funcorr_forge.shoes import boot, shoe
from funcorr_forge.sieves import basket, colander, strainer, whisk
from funcorr_forge.smalls import candle_holder, seashell, stamp
from funcorr_forge.spikes import dart, golf_tee, harpoon, key, nail, spear
from funcorr_forge.sports import cricket_bat, hockey_stick, machete, pitchfork
from funcorr_forge.sticks import baton, branch, chopsticks, matchstick, rod, stick
from funcorr_forge.strips import feather, ruler
from funcorr_forge.vessels import bottle, bowl, jug, mug
from funcorr_forge.wear import hard_hat, hat

CATEGORIES: dict[str, Family] = {
    "L-bracket": l_bracket,
    "awl": awl,
    "axe": axe,
    "baseball bat": baseball_bat,
    "basket": basket,
    "baton": baton,
    "battery": battery,
    "book": book,
    "boot": boot,
    "bottle": bottle,
    "bottle opener": bottle_opener,
    "bowl": bowl,
    "bowling pin": bowling_pin,
    "box cutter": box_cutter,
    "branch": branch,
    "brick": brick,
    "broom": broom,
    "brush": brush,
    "bucket": bucket,
    "can": can,
    "can opener": can_opener,
    "candle holder": candle_holder,
    "carabiner": carabiner,
    "card": card,
    "chisel": chisel,
    "chopsticks": chopsticks,
    "cleaver": cleaver,
    "coat hanger": coat_hanger,
    "coffee pot": coffee_pot,
    "coin": coin,
    "colander": colander,
    "comb": comb,
    "corkscrew": corkscrew,
    "crayon": crayon,
    "cricket bat": cricket_bat,
    "crowbar": crowbar,
    "cup": cup,
    "curtain ring": curtain_ring,
    "cutting board": cutting_board,
    "cylinder": cylinder,
    "dagger": dagger,
    "dart": dart,
    "dowel": dowel,
    "drill": drill,
    "dumbbell": dumbbell,
    "dustpan": dustpan,
    "feather": feather,
    "fish hook": fish_hook,
    "flashlight": flashlight,
    "flask": flask,
    "fork": fork,
    "glass": glass,
    "golf tee": golf_tee,
    "grabber": grabber,
    "grappling hook": grappling_hook,
    "grater": grater,
    "hairbrush": hairbrush,
    "hammer": hammer,
    "hard hat": hard_hat,
    "harpoon": harpoon,
    "hat": hat,
    "hockey stick": hockey_stick,
    "hoe": hoe,
    "hook": hook,
    "jar": jar,
    "jug": jug,
    "kettle": kettle,
    "key": key,
    "knife": knife,
    "ladle": ladle,
    "lid": lid,
    "lipstick": lipstick,
    "log": log,
    "machete": machete,
    "mallet": mallet,
    "marker": marker,
    "matchstick": matchstick,
    "mop": mop,
    "mug": mug,
    "nail": nail,
    "oil can": oil_can,
    "paintbrush": paintbrush,
    "pan": pan,
    "paper clip": paper_clip,
    "peeler": peeler,
    "pen": pen,
    "pencil": pencil,
    "pickaxe": pickaxe,
    "pipe": pipe,
    "pitchfork": pitchfork,
    "plate": dinner_plate,
    "pliers": pliers,
    "pot": pot,
    "rake": rake,
    "razor blade": razor_blade,
    "remote control": remote_control,
    "rod": rod,
    "roller": roller,
    "rolling pin": rolling_pin,
    "ruler": ruler,
    "saucepan": saucepan,
    "saw": saw,
    "scissors": scissors,
    "screw": screw,
    "screwdriver": screwdriver,
    "seashell": seashell,
    "shoe": shoe,
    "shovel": shovel,
    "smartphone": smartphone,
    "spatula": spatula,
    "spear": spear,
    "spoon": spoon,
    "stamp": stamp,
    "stick": stick,
    "strainer": strainer,
    "sword": sword,
    "teapot": teapot,
    "tongs": tongs,
    "toothbrush": toothbrush,
    "tray": tray,
    "trowel": trowel,
    "tweezers": tweezers,
    "water bottle": water_bottle,
    "watering can": watering_can,
    "wedge": wedge,
    "whisk": whisk,
    "wrench": wrench,
}
