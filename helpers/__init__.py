"""Helpers for the notebooks: which file to open to change what.

>>> from helpers import samples, read_video
>>> frames = read_video(samples["v_Cartwheel_g01_c01.avi"])
>>> frames.shape, frames.dtype
((64, 224, 224, 3), dtype('uint8'))

A room imports only from itself and from the rooms above it.

basics/  what all rooms build on; not needed to follow the lessons
    cache.py                where downloads are kept (the variable I3D_CACHE), locks, hashes of files
    certificates.py         complete a server's chain of certificates, such as that of UCF101's server
    download.py             download a file into the cache, once
    exercises.py            the checks of the exercises
    files.py                replace a file only when the new one is complete
    listing.py              list the videos on a web page or in a folder
    messages.py             DownloadError and ModelError, secrets in messages, whether progress is shown
    processor.py            oneDNN, and which processors have bfloat16
    quiet.py                hide what C++ code prints, import TensorFlow on first use
    statistics.py           bootstrap intervals, area under the ROC curve, running means
    transfer.py             HTTP: retries, redirects, timeouts

video/  read and write video files
    preprocessing.py        I3D's input: the crop, the size, the value range, the batch
    reading.py              read_video and iterate_frames, the longest clip
    reader.py               one pass over the frames of a file, and what could not be read
    metadata.py             the header: frames, frame rate, duration, and errors about files that are not videos
    decoding.py             packets to frames with time stamps
    pictures.py             deinterlacing, rotation and mirroring, pixels that are not square
    resampling.py           the frame rate: which frame is shown when
    sound.py                the sound of a video, for a copy
    writing.py              write_video and join_clips
    sources.py              upload a video, download one, or record with a webcam
    checks.py               whether an array contains RGB frames

clips/  collections of clips
    datasets.py             UCF101 and the samples: names, paths, downloads
    table.py                how a dataset is displayed
    splits.py               UCF101's official splits, and classes that Kinetics lacks
    folders.py              the action and the group of each clip in a folder
    actions.py              clips to learn from, without copies
    groups.py               the names of groups, and tables of them (--groups)

models/  the networks
    loading.py              load_model: what its names and addresses mean
    video_model.py          the interface of all models
    model_input.py          what a model needs: size, value range, crop, frame rate
    stream.py               predict frame by frame
    chunks.py               the receptive field, and how a long video is split
    kinetics.py             the labels of Kinetics-400 and Kinetics-600
    hub_models.py           MoViNet and Tiny Video Networks as SavedModels
    i3d/network.py          the layers of I3D
    i3d/loading.py          load_i3d, from the published weights, TF Hub, or a folder
    i3d/weights.py          the published weights: download, address, SHA-256, read them safely
    i3d/authors.py          the authors' five checkpoints, RGB and flow: download, verify, read them
    i3d/keras_weights.py    load_keras_i3d: copy the weights into the layers
    i3d/saved_model.py      export I3D once as a SavedModel, with its signatures
    i3d/faster.py           layers that compute the same in less time
    i3d/tfhub.py            TensorFlow Hub: its cache, timeouts
    i3d/inside.py           activations, Grad-CAM, the receptive field
    i3d/frame_by_frame.py   I3D without movement: filters added up over time
    movinet/loading.py      load_movinet, and networks for LiteRT
    movinet/files.py        MoViNet's files: address, SHA-256
    movinet/litert.py       run a network with LiteRT, without TensorFlow
    learned/saving.py       save a model of learned actions in a folder
    learned/card.py         its labels, and its model card: scores, hashes of its files
    learned/files.py        what is in its folder, for I3D and for MoViNet

display/  figures and animations, with alternative text
    alternative_text.py     a picture with its alternative text
    animation.py            to_gif
    architecture.py         the network and an Inception module
    charts.py               ROC curves, shares, padding
    colors.py               the colors of all charts
    filters.py              the filters of the first layer
    frames.py               frames side by side, and the crop in its frame
    heat_maps.py            heat maps over frames
    history.py              the history of the field, from published_models.py
    inflation.py            how a filter is inflated
    optical_flow.py         optical flow
    published_models.py     published accuracies, with their sources
    word_cloud.py           the word cloud of the labels

predictions/  what a model says about a video
    prediction.py           predict: probabilities, and how they are displayed (bars)
    timeline.py             Timeline: windows, segments, saving
    long_videos.py          predict_timeline
    chunked.py              logits of long videos, chunk by chunk
    chart.py                the chart of a timeline
    captions.py             annotate: a copy of a video with captions
    recent.py               forget what happened some seconds ago
    command.py              python -m helpers VIDEO: its options and output

learn/  new actions from few clips
    features.py             describe a clip by numbers
    record.py               the features of a clip in a file
    classifier.py           the linear classifier, and cross-validation
    leaks.py                splits that keep groups together, copies in two groups
    score.py                accuracy, its interval, baselines, the confusion matrix
    pipeline.py             learn from clips, score, and save
    described.py            learn from a folder of features
    command.py              python -m helpers learn: its options
    stored_results.py       what was learned from samples and real clips
    ut_interaction.py       find the clips of UT-Interaction
    many_clips/command.py   python -m helpers features: its options
    many_clips/run.py       extract_features: start, resume, retry
    many_clips/report.py    the state of a run, and its report
    many_clips/task.py      one clip in a worker: fetch, decode, compute
    many_clips/workers.py   hand tasks to workers, time limits, lost workers
    many_clips/cluster.py   Dask: how many processes, memory, GPUs, clusters
    many_clips/ignore_interrupt.py  let the main process handle Ctrl-C
    many_clips/files.py     the folder of features: manifest, failures
    many_clips/table.py     load_features

measure/  experiments on models
    experiments.py          predict changed clips, and compare
    comparison.py           tables and charts of two models or conditions
    occlusion.py            cover parts of a frame
    stored_logits.py        the logits of the samples
    real_clips.py           I3D on real clips
    movinet_clips.py        MoViNet beside I3D on the same clips

camera/  the browser's camera in a notebook
    live_camera.py          live: the kernel's half, how many actions are shown
    live_camera.js          the browser's half
    camera.js               the camera: its picture, its pixels, its errors
    predictions.js          a stream of predictions: sessions, skipped frames, rate, bars
    widget.js               what both widgets share: messages to and from the kernel
    widget.css              how both widgets look
    teachable_machine.py    teach: the kernel's half
    teachable_machine.js    the browser's half: the countdown, recording, rows of gestures
    teachable_machine.css   how it looks
    gestures.py             names of gestures, their folders
    recordings.py           clips of gestures: files, stills
    training.py             learn from recordings, and the score in words
"""

import os

import lazy_loader

from .basics.processor import enable_onednn

# TensorFlow and OpenCV read these variables on import. Without them, log lines fill the first cell.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")
enable_onednn()

# __init__.pyi lists the exported names, for editors too. Each name is imported on first use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
