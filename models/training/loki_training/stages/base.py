"""What a stage tells the trainer."""
#: Pictures are decoded and compared in crops of this many latent pixels: most often mouth or eyes, at 40 % of the cost.
CROP = 20


class Stage:
    #: names of the stage and of the one whose averaged weights it starts from
    name, after, number = "", None, 0
    #: batches: (people, frames of each), on a CPU and on a GPU; consecutive frames of a clip or any
    batch, gpu_batch, clips = (8, 2), (64, 4), False
    #: batches of crops of mouths and eyes alone, or whole windows
    cropped = False
    #: buffers that `finish` measures
    measured = ()
    #: the loss is the same operations at each step, so that a GPU may record it: nothing of it is decided on the host
    recordable = True

    def __init__(self, generator, device, options):
        self.generator, self.device, self.options = generator, device, options
        self.people, self.frames = self.gpu_batch if device == "cuda" else self.batch
        self.people = options.batch_people or self.people
        for parameter in generator.parameters():
            parameter.requires_grad_(False)

    def learning_rate(self, default):
        return self.options.lr or default

    def trainable(self, *modules):
        parameters = [parameter for module in modules for parameter in module.parameters()]
        for parameter in parameters:
            parameter.requires_grad_(True)
        return parameters

    def parameter_groups(self):
        raise NotImplementedError

    def draw(self, progress):
        """What the host decides anew for each step: {name: tensor on the device}."""
        return {}

    def loss(self, batch, drawn):
        """(loss, {figure: value})"""
        raise NotImplementedError

    def finish(self):
        """After the last step."""
