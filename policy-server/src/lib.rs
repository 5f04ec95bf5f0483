//! The part of Portcullis that acts: listeners, storage, policies on disk, the command line.
