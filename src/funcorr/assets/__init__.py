"""3D objects: meshes, their files, the store on disk and the forge that makes them."""

from funcorr.assets.files import load_mesh, save_glb
from funcorr.assets.mesh import Material, Mesh
from funcorr.assets.store import Asset, list_assets, read_asset, write_asset

__all__ = [
    "Asset",
    "Material",
    "Mesh",
    "list_assets",
    "load_mesh",
    "read_asset",
    "save_glb",
    "write_asset",
]
