"""All figures in one place."""

from . import draw_crop as draw_crop
from . import draw_filters as draw_filters
from . import draw_frames as draw_frames
from . import draw_heat_maps as draw_heat_maps
from . import draw_history as draw_history
from . import draw_inception_module as draw_inception_module
from . import draw_inflation as draw_inflation
from . import draw_network as draw_network
from . import draw_optical_flow as draw_optical_flow
from . import draw_padding as draw_padding
from . import draw_roc as draw_roc
from . import draw_shares as draw_shares
