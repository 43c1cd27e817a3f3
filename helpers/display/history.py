"""Published models for action recognition, and their accuracy as reported by the authors."""

from collections.abc import Sequence
from typing import NamedTuple


class ActionModel(NamedTuple):
    """One model: `accuracy` is top-1 in % on `dataset`, at its authors' best setting."""

    year: int
    name: str
    dataset: str
    accuracy: float
    source: str


# Settings differ (pre-training data, flow, number of views), so a point more or less means little; the years mean a lot.
ACTION_MODELS = [
    ActionModel(2014, "DeepVideo", "UCF101", 65.4, "Karpathy et al., CVPR 2014"),
    ActionModel(2014, "Two-Stream", "UCF101", 88.0, "Simonyan & Zisserman, NeurIPS 2014"),
    ActionModel(2015, "C3D", "UCF101", 85.2, "Tran et al., ICCV 2015"),
    ActionModel(2016, "TSN", "UCF101", 94.2, "Wang et al., ECCV 2016"),
    ActionModel(2017, "Two-Stream I3D", "UCF101", 98.0, "Carreira & Zisserman, CVPR 2017"),
    ActionModel(2017, "RGB-I3D", "Kinetics-400", 71.1, "Carreira & Zisserman, CVPR 2017"),
    ActionModel(2018, "R(2+1)D", "Kinetics-400", 74.3, "Tran et al., CVPR 2018"),
    ActionModel(2018, "Non-local I3D", "Kinetics-400", 77.7, "Wang et al., CVPR 2018"),
    ActionModel(2019, "SlowFast", "Kinetics-400", 79.8, "Feichtenhofer et al., ICCV 2019"),
    ActionModel(2020, "X3D-XL", "Kinetics-400", 79.1, "Feichtenhofer, CVPR 2020"),
    ActionModel(2021, "TimeSformer-L", "Kinetics-400", 80.7, "Bertasius et al., ICML 2021"),
    ActionModel(2021, "MoViNet-A6", "Kinetics-400", 81.5, "Kondratyuk et al., CVPR 2021"),
    ActionModel(2022, "Video Swin-L", "Kinetics-400", 84.9, "Liu et al., CVPR 2022"),
    ActionModel(2022, "VideoMAE", "Kinetics-400", 87.4, "Tong et al., NeurIPS 2022"),
    ActionModel(2023, "VideoMAE V2-g", "Kinetics-400", 90.0, "Wang et al., CVPR 2023"),
    ActionModel(2024, "V-JEPA (frozen)", "Kinetics-400", 81.9, "Bardes et al., TMLR 2024"),
    ActionModel(2024, "InternVideo2-6B", "Kinetics-400", 92.1, "Wang et al., ECCV 2024"),
]


def history_table(models: Sequence[ActionModel] = ACTION_MODELS) -> str:
    """Return a table of models, oldest first."""
    rows = [f"{m.year}  {m.name:<16} {m.dataset:<13} {m.accuracy:4.1f} %  {m.source}" for m in models]
    return "\n".join(rows)
