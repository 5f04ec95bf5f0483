//! Positions that are never altered, whatever stands there: ids, cursors, names, media, blobs.
