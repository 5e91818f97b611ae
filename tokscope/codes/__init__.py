"""Codebooks: what is not text becomes numbers of the nearest entries, and comes back as these entries.

    codebook   Codebook: patches of a picture -> ids -> patches
    kmeans     codes that fit vectors, for codebooks of atoms
    residual   codes level by level, each of what the one before leaves
    quality    Quality: what comes back, and how the ids are used

Learned by tokscope.learning, kept in .npz files, and read without running anything.
"""
