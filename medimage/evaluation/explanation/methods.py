"""The methods that explain a prediction, by the name that a configuration gives them."""

from collections.abc import Mapping

from medimage.config.evaluation import MethodName
from medimage.evaluation.explanation.ablation_cam import ablation_cam
from medimage.evaluation.explanation.attention_rollout import attention_rollout
from medimage.evaluation.explanation.grad_cam import grad_cam
from medimage.evaluation.explanation.heat_maps import HeatMapMethod
from medimage.evaluation.explanation.hires_cam import hires_cam
from medimage.evaluation.explanation.integrated_gradients import integrated_gradients

METHODS: Mapping[MethodName, HeatMapMethod] = {
    "grad_cam": grad_cam,
    "hires_cam": hires_cam,
    "ablation_cam": ablation_cam,
    "attention_rollout": attention_rollout,
    "integrated_gradients": integrated_gradients,
}
