// The options of a training that the command line can set.
#pragma once

#include <crosslift/offers.hpp>

#include <CLI/CLI.hpp>

#include <string>

namespace crosslift::cli {

struct EngineOptions {
    OfferEngineOptions options;
    std::string device = "cpu";
    std::string context = "basket";

    void add_to(CLI::App& command);
    /// The options with the device read. Throws InvalidArgument for a word that is no device.
    OfferEngineOptions read() const;
};

}  // namespace crosslift::cli
