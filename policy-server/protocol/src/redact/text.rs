//! One decoded text: what is found in it, through the layers of encoding inside it.
