"""Helpers for the notebooks: which file to open to change what.

>>> from helpers import samples, read_video
>>> frames = read_video(samples["v_Cartwheel_g01_c01.avi"])
>>> frames.shape, frames.dtype
((64, 224, 224, 3), dtype('uint8'))

The names that notebooks import from here are listed in `__init__.pyi`. A folder imports only from itself and from the folders
that are listed before it.

basics/  what all other folders use; not needed to follow the lessons
    cache.py                the folder of all downloads (the variable I3D_CACHE), its locks; hashes of files; ~ in paths
    certificates.py         certificate chains of servers that omit a part of them, such as UCF101's
    command_line.py         the parser of a command, with examples in its help
    download.py             a file from a server, into the cache
    exercises.py            checks of exercises
    files.py                atomic writing: a file is replaced only when the new one is complete
    listing.py              names of the files on a web page, or below a folder
    messages.py             DownloadError and ModelError, no secrets in messages, when progress is shown
    packages.py             a file in a Python package, downloaded with pip into the cache
    processor.py            oneDNN and bfloat16: what this processor supports
    quiet.py                TensorFlow, imported on first use, without what its C++ code prints
    statistics.py           confidence intervals over groups, tests, area under the ROC curve, running means
    transfer.py             HTTP: retries, redirects, timeouts

video/  video files, read and written
    preprocessing.py        I3D's defaults: the crop, the size, the value range, the frame rate; checks of frames
    reading.py              read_video, its limit on the length of a clip, warnings about frames that cannot be decoded
    metadata.py             the header: frame rate, duration, size; errors about files that are not videos
    decoding.py             frames and their time stamps; deinterlacing, rotation and mirroring, pixels that are not square
    resampling.py           another frame rate: which frame is shown when
    optical_flow.py         read_flow: optical flow as input of I3D, TV-L1 or DIS, and its cache
    sound.py                the sound, for a copy of a video
    writing.py              write_video and join_clips
    sources.py              uploads, videos from a URL, recordings with a webcam

clips/  collections of clips
    datasets.py             UCF101 and the samples: names, paths, downloads, the table that a notebook shows
    splits.py               UCF101's official splits, and the classes that Kinetics lacks
    folders.py              the action and the group of each clip, from its folder, its name, or a table of groups (--groups)
    actions.py              clips to learn from: only readable ones, no copies
    intervals.py            read_intervals: parts of long recordings, and their actions, from a table
    labeling_tools.py       the tables that BORIS and ELAN export

models/  networks
    loading.py              load_model: its names, addresses and folders
    video_model.py          the interface of all models: what each needs (size, value range, crop, frame rate), streams of frames
    chunks.py               chunks of a long video, and their overlap
    mirror.py               a model that sees each clip with left and right exchanged
    kinetics.py             labels of Kinetics-400 (kinetics_400_labels.txt) and Kinetics-600 (downloaded)
    hub_models.py           MoViNet and Tiny Video Networks as SavedModels, from TF Hub or Kaggle
    unpickling.py           arrays in a pickle, read without running code
    imagenet/loading.py     load_image_network: EfficientNet-Lite0, trained on single images
    imagenet/network.py     the layers of EfficientNet-Lite0
    imagenet/weights.py     its weights and ImageNet's names: their packages and SHA-256, safe reading
    i3d/network.py          the layers of I3D
    i3d/loading.py          load_i3d, from the published weights, TF Hub, or a folder
    i3d/weights.py          the published weights: their address and SHA-256, safe reading
    i3d/authors.py          the authors' five networks, RGB and flow: checkpoints of TensorFlow 1, verified
    i3d/keras_weights.py    load_keras_i3d: the weights in the layers
    i3d/two_stream.py       RGB and flow: the sum of two networks' logits
    i3d/saved_model.py      I3D as a SavedModel in the cache, and its signatures
    i3d/faster.py           layers with equal results in less time
    i3d/first_layer.py      the first convolution in bfloat16: space-to-depth
    i3d/tfhub.py            TensorFlow Hub's cache and timeouts
    i3d/inside.py           activations, Grad-CAM, the receptive field
    i3d/frame_by_frame.py   I3D without movement: its filters summed over time
    movinet/loading.py      load_movinet, and LiteRT, which runs it without TensorFlow
    movinet/graph.py        operations and metadata appended to a .tflite file
    movinet/files.py        the files of load_movinet: their addresses and SHA-256
    learned/saving.py       saving a model of learned actions
    learned/export.py       python -m helpers export: a learned MoViNet as one file for LiteRT
    learned/card.py         the model card of learned actions: scores, hashes of files
    learned/files.py        the files of learned actions, for I3D and for MoViNet
    learned/classifier.py   from features to logits of learned actions, and of "none of these"
    learned/rejection.py    when a clip is none of the learned actions: similarity, threshold

display/  figures and animations, with alternative text
    accuracies.py           a chart of accuracies
    alternative_text.py     a picture and its alternative text
    animation.py            to_gif
    architecture.py         drawings of the network and of an Inception module
    charts.py               charts of ROC curves, of padding at the borders, of shares; the word cloud of the labels
    colors.py               the colors of all charts
    filters.py              pictures of the first layer's filters, and of inflation
    frames.py               frames in a row, the crop in a frame, heat maps over frames
    history.py              the history of the field: published accuracies and their sources, as a chart and as a table
    optical_flow.py         pictures of optical flow
    quiz.css                how a quiz looks
    quiz.js                 how a quiz says what is right, and counts
    quiz.py                 the questions of each lesson
    reliability.py          reliability diagrams

predictions/  what a model predicts for a video
    prediction.py           predict: probabilities, and how they are shown (bars)
    timeline.py             Timeline: its windows, segments, chart, and files
    long_videos.py          predict_timeline, for videos of any length
    calibration.py          confidence and accuracy compared: reliability, expected calibration error
    captions.py             annotate: a copy of a video with captions
    command.py              python -m helpers predict: its options and what it prints
    segments.py             python -m helpers timeline: its options and what it prints
    arguments.py            what both have in common: clips, the options of the model

learn/  new actions from a few clips
    features.py             features of a clip, or of intervals of recordings
    records.py              what features of a clip are, and their file
    over_time.py            features over time: rows for every few frames of a video of any length
    classifier.py           the linear classifier, cross-validation, warnings about copies
    unknown_actions.py      unknown actions: how many a threshold lets through, measured on held-out groups
    leaks.py                splits that keep groups together; clips that are copies in two groups
    score.py                accuracy and its interval, baselines, the confusion matrix
    report.py               the page about a score, with pictures of the wrong clips
    temporal_iou.py         timelines of held-out recordings compared with a table of intervals
    training.py             from clips, intervals, or a folder of features, to a saved model
    command.py              python -m helpers learn: its options and what it prints
    stored_results.py       features of the samples and of real clips, and scores, as stored in samples/
    many_clips/command.py   python -m helpers features: its options
    many_clips/run.py       extract_features: starting, resuming, retrying, reporting
    many_clips/task.py      one clip in a worker: fetching, decoding, computing
    many_clips/workers.py   what happens to workers: time limits, losses, Ctrl-C
    many_clips/cluster.py   how many processes there are, their memory and GPUs; clusters (Dask)
    many_clips/table.py     the folder of features: manifest, failures, load_features
    many_clips/arrays.py    rows over time as .npy files, for ActionFormer and networks like it

measure/  experiments on models
    experiments.py          predictions for perturbed clips
    comparison.py           two models or conditions compared: tables, charts, tests
    occlusion.py            frames with a part covered
    stored_logits.py        logits of the samples, as stored in samples/
    real_clips.py           I3D's logits on real clips, as stored in samples/
    movinet_clips.py        MoViNet and I3D on the same clips, as stored in samples/
    views.py                predictions averaged over several clips and crops of a video, as stored in samples/

camera/  the browser's camera in a notebook
    live_camera.py          live in Python: frames to predictions, how many actions are shown, only the last seconds count
    live_camera.js          live in the browser: its buttons
    camera.js               the camera: its picture, its pixels, its errors
    copy.js                 a video's picture as pixels, without a canvas
    resize.js               pixels resized as OpenCV does
    predictions.js          a stream of predictions in the browser: skipped frames, rate, bars
    recording.js            a clip that is recorded in the browser: its countdown, its frames
    widget.js               both widgets: messages between the browser and Python
    widget.css              both widgets: layout and colors
    teachable_machine.py    teach in Python: learning from gestures, the score in words
    teachable_machine.js    teach in the browser: rows of gestures, learning, live predictions
    teachable_machine.css   teach in the browser: layout and colors
    gestures.py             gestures: their names, folders and clips, a small picture of each clip
"""

import os

try:
    import lazy_loader
except ImportError as error:
    message = (
        "the packages of this tutorial are missing here. Run make demo, which installs them into .venv, and use .venv/bin/python."
    )
    raise ImportError(message) from error

from .basics.processor import enable_onednn

# TensorFlow and OpenCV read these variables on import. Without them, log lines fill the first cell.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")
enable_onednn()

# __init__.pyi lists the exported names, for editors too. Each name is imported on first use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
