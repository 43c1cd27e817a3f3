"""Small models with the signatures of published ones: MoViNet (base, stream, and LiteRT), and Tiny Video Networks."""

import tensorflow as tf

BUFFER, SUMS, COUNT = "state_block0_layer0_stream_buffer", "state_head_pool_buffer", "state_head_pool_frame_count"
CLASSES = 600


class Stream(tf.Module):
    """One causal convolution over three frames, ReLU, and the mean over all frames so far: what MoViNet does, in small."""

    def __init__(self):
        random = tf.random.Generator.from_seed(0)
        self.kernel = tf.Variable(random.normal([3, 3, CLASSES]))  # [kt, in, out]

    def __call__(self, inputs):
        colors = tf.reduce_mean(inputs["image"], axis=[2, 3])  # [N, T, 3]
        length = tf.shape(colors)[1]
        padded = tf.concat([inputs[BUFFER][:, :, 0, 0], colors], axis=1)  # [N, T + 2, 3]
        features = sum(tf.einsum("ntc,cd->ntd", padded[:, i : i + length], self.kernel[i]) for i in range(3))
        sums = inputs[SUMS] + tf.reduce_sum(tf.nn.relu(features), axis=1)[:, tf.newaxis, tf.newaxis, tf.newaxis]
        count = inputs[COUNT] + length
        return {
            "logits": sums[:, 0, 0, 0] / tf.cast(count, tf.float32),
            BUFFER: padded[:, -2:, tf.newaxis, tf.newaxis],
            SUMS: sums,
            COUNT: count,
        }


def states(batch):
    return {
        BUFFER: tf.TensorSpec([batch, 2, 1, 1, 3], tf.float32, BUFFER),
        SUMS: tf.TensorSpec([batch, 1, 1, 1, CLASSES], tf.float32, SUMS),
        COUNT: tf.TensorSpec([1], tf.int32, COUNT),
    }


def save_stream(folder, network=None):
    """Save a stream with the signatures `call` and `init_states`, as MoViNet's pages on TF Hub have them."""
    network = network or Stream()
    image = tf.TensorSpec([None, None, None, None, 3], tf.float32, "image")

    def init_states(input_shape):
        return {
            BUFFER: tf.zeros(tf.stack([input_shape[0], 2, 1, 1, 3])),
            SUMS: tf.zeros(tf.stack([input_shape[0], 1, 1, 1, CLASSES])),
            COUNT: tf.zeros([1], tf.int32),
        }

    signatures = {
        "call": tf.function(lambda inputs: network(inputs)).get_concrete_function({**states(None), "image": image}),
        "init_states": tf.function(init_states).get_concrete_function(tf.TensorSpec([5], tf.int32, "input_shape")),
    }
    tf.saved_model.save(network, str(folder), signatures=signatures)
    return folder


def save_base(folder):
    """Save a network with the signature `serving_default` of a MoViNet base: `image` to `classifier_head`."""
    kernel = tf.Variable(tf.random.Generator.from_seed(1).normal([3, CLASSES]))

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, None, 3], tf.float32, "image")])
    def classify(image):
        return {"classifier_head": tf.reduce_mean(image, axis=[1, 2, 3]) @ kernel}

    module = tf.Module()
    module.kernel = kernel
    tf.saved_model.save(module, str(folder), signatures={"serving_default": classify})
    return folder


def convert_stream(folder, size=172, drop=()):
    """Return a stream for LiteRT with the signature of the published file: one frame, and states in and out."""
    network = Stream()
    specs = {**states(1), "image": tf.TensorSpec([1, 1, size, size, 3], tf.float32, "image")}

    def call(inputs):
        return {name: tensor for name, tensor in network(inputs).items() if name not in drop}

    tf.saved_model.save(network, str(folder), signatures=tf.function(call).get_concrete_function(specs))
    return tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serving_default"]).convert()


def save_tiny_video_net(folder, frames, size, classes=157):
    """Save a module of the TF1 Hub format: frames of all clips along the first axis, `[N * frames, S, S, 3]`."""
    v1 = tf.compat.v1
    with v1.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, [None, size, size, 3])
        kernel = v1.get_variable("kernel", [frames * 3, classes], initializer=v1.random_normal_initializer(seed=2))
        logits = tf.reshape(tf.reduce_mean(images, axis=[1, 2]), [-1, frames * 3]) @ kernel
        session.run(v1.global_variables_initializer())
        info = v1.saved_model.build_tensor_info
        signature = v1.saved_model.build_signature_def({"images": info(images)}, {"default": info(logits)}, "default")
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, [], {"default": signature})
        builder.save()
    (folder / "tfhub_module.pb").write_bytes(b"\x08\x03")  # the format of the module: 3
    return folder


def write_checkpoint(prefix, arrays):
    """Write arrays by name as a checkpoint of TensorFlow 1, as I3D's authors did: in the order of the names."""
    names = sorted(arrays)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    tf.raw_ops.SaveV2(
        prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names), tensors=[arrays[name] for name in names]
    )
