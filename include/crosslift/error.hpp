// What can go wrong, by kind. Every message says what came, what was wanted and what to do.
#pragma once

#include <crosslift/api.hpp>

#include <stdexcept>
#include <string>

namespace crosslift {

/// Base of every exception that Crosslift throws.
struct CROSSLIFT_API Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// An argument or option is outside what the function accepts.
struct CROSSLIFT_API InvalidArgument : Error {
    using Error::Error;
};

/// Purchases or catalog cannot be used as they are: a missing column, an unreadable line.
struct CROSSLIFT_API DataError : Error {
    using Error::Error;
};

/// A model file is truncated, damaged, hostile, or of a version that this library does not read.
struct CROSSLIFT_API FormatError : Error {
    using Error::Error;
};

/// A device was asked for that is not there or cannot be used; the message names what is missing.
struct CROSSLIFT_API DeviceError : Error {
    using Error::Error;
};

/// A file or folder cannot be opened, read or written.
struct CROSSLIFT_API FileError : Error {
    using Error::Error;
};

/// The caller asked a training to stop before there was anything whole to return.
struct CROSSLIFT_API Stopped : Error {
    using Error::Error;
};

}  // namespace crosslift
