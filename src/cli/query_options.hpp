// How to offer, as options of the command line.
#pragma once

#include <crosslift/offers.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace crosslift::cli {

/// The options of an OfferQuery; the defaults are those of the struct.
struct QueryOptions {
    OfferQuery query;
    std::string as_of;
    std::string objective;
    std::string upsell_by = "price";
    std::vector<std::string> segments;
    std::vector<std::string> rules;
    std::vector<std::string> attribute_weights;

    void add_to(CLI::App& command);
    /// The query with words, rules and the time read. Throws InvalidArgument for what cannot be read.
    OfferQuery read(TimeKind time_kind) const;
};

}  // namespace crosslift::cli
