// Engines on disk: the safetensors layout, parameters as JSON in its metadata, ids inside.
#pragma once

#include <crosslift/api.hpp>
#include <crosslift/bpr.hpp>
#include <crosslift/offers.hpp>

#include <filesystem>

namespace crosslift {

/// Writes to a temporary file beside `path`, then renames: a crash never leaves half a model. Throws FileError.
CROSSLIFT_API void save(const OfferEngine& engine, const std::filesystem::path& path);

/// Reads what save() wrote. Throws FileError if it cannot be opened, FormatError if it is truncated, damaged,
/// oversized, hostile, or of a newer version.
CROSSLIFT_API OfferEngine load_offer_engine(const std::filesystem::path& path);

/// The same for factors alone.
CROSSLIFT_API void save(const AlsModel& model, const std::filesystem::path& path);
CROSSLIFT_API AlsModel load_als(const std::filesystem::path& path);
CROSSLIFT_API void save(const BprModel& model, const std::filesystem::path& path);
CROSSLIFT_API BprModel load_bpr(const std::filesystem::path& path);

}  // namespace crosslift
