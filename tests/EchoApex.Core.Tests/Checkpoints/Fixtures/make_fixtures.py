"""Makes the .pth files of this folder. PyTorch 1.13 (Debian 12): /usr/bin/python3 make_fixtures.py

The tests know the values: element i of a tensor (in order) is i * 0.5 - 1 for floats, i for integers, i % 2 for bool.
"""
import argparse
import collections
import os

import torch

TYPES = {
    "f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16,
    "i64": torch.int64, "i32": torch.int32, "i16": torch.int16, "i8": torch.int8, "u8": torch.uint8, "bool": torch.bool,
}


def ramp(*shape, dtype=torch.float32):
    count = 1
    for size in shape:
        count *= size
    i = torch.arange(count)
    values = i * 0.5 - 1 if dtype.is_floating_point else i % 2 if dtype == torch.bool else i
    return values.to(dtype).reshape(shape)


def tensors():
    shared = ramp(4, 6)
    state = collections.OrderedDict((name, ramp(2, 3, dtype=dtype)) for name, dtype in TYPES.items())
    state["scalar"] = torch.tensor(2.5)
    state["empty"] = torch.zeros(0, 3)
    state["parameter"] = torch.nn.Parameter(ramp(5))
    state["shared"] = shared
    state["transposed"] = shared.t()
    state["window"] = shared[1:3, 2:5]
    state["expanded"] = shared[0, :1].expand(3, 4)
    return state


def dino_checkpoint():
    def network(prefix):
        return collections.OrderedDict([
            (prefix + "backbone.cls_token", ramp(1, 1, 4)),
            (prefix + "backbone.patch_embed.proj.weight", ramp(4, 3, 2, 2)),
            (prefix + "head.last_layer.weight_g", ramp(3, 1)),
        ])

    student, teacher = network("module."), network("")
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.zeros(1, 2)).sum().backward()
    optimizer.step()
    return {
        "student": student,
        "teacher": teacher,
        "optimizer": optimizer.state_dict(),
        "epoch": 7,
        "args": argparse.Namespace(arch="vit_small", patch_size=16, output_dir="/tmp", lr=5e-4, dist=None),
        "dino_loss": collections.OrderedDict(center=ramp(1, 3)),
        "fp16_scaler": {"scale": 65536.0, "growth_tracker": 3},
    }


class Hostile:
    def __reduce__(self):
        return os.system, ("echo the pickle was executed",)


torch.manual_seed(0)
torch.save(tensors(), "tensors.pth")
torch.save(tensors(), "tensors_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(dino_checkpoint(), "dino_checkpoint.pth")
torch.save({"cls_token": ramp(1, 1, 4), "extra": Hostile()}, "calls_function.pth")
torch.save({"cls_token": ramp(1, 1, 4), "extra": Hostile()}, "calls_function_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(torch.nn.Linear(2, 2), "whole_module.pth")
