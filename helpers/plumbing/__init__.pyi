from . import hub_models as hub_models
from . import quiet as quiet
