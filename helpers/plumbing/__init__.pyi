from . import cluster as cluster
from . import hub_models as hub_models
from . import learned_i3d as learned_i3d
from . import quiet as quiet
