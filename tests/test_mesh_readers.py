"""Readers of mesh files: polygons of any shape, forms that must agree, what is never opened."""

import json
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mesh_cases import SHEET_IS, U_VERTICES, CASES
from mesh_cases_gltf import draco
from mesh_cases_text import u_faces
from mesh_writer import CUBE, CUBE_FACES, SHEET, Gltf, obj_text, picture, sheet
from PIL import Image

from funcorr.assets.files import load_mesh, read_mesh_file
from funcorr.assets.importing import ImportConfig, asset_id, import_folder
from funcorr.assets.readers.pieces import Findings
from funcorr.assets.readers.polygons import triangulated
from funcorr.assets.untrusted import read_texture
from funcorr.cli.main import main
from funcorr.errors import UserError
