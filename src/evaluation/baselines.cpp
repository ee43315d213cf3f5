#include "evaluation/baselines.hpp"

#include <sstream>
#include <stdexcept>

namespace crosslift::evaluation {

double Setting::operator[](std::string_view name) const {
    for (const auto& [own, value] : values) {
        if (own == name) return value;
    }
    throw std::out_of_range("no setting " + std::string(name));
}

std::string Setting::text() const {
    std::ostringstream text;
    for (const auto& [name, value] : values) text << (text.str().empty() ? "" : ", ") << name << ' ' << value;
    return text.str();
}

std::vector<Setting> all_settings(const std::vector<std::pair<std::string, std::vector<double>>>& axes) {
    std::vector<Setting> settings = {{}};
    for (const auto& [name, values] : axes) {
        std::vector<Setting> longer;
        for (const Setting& setting : settings) {
            for (const double value : values) {
                longer.push_back(setting);
                longer.back().values.emplace_back(name, value);
            }
        }
        settings = std::move(longer);
    }
    return settings;
}

std::vector<Baseline> all_baselines() {
    std::vector<Baseline> all;
    for (const auto make : {popularity_baselines, content_baselines, pair_baselines, rule_baselines, als_baselines,
                            pernir_baselines, sppmi_baselines, ease_baselines}) {
        for (Baseline& baseline : make()) all.push_back(std::move(baseline));
    }
    return all;
}

}  // namespace crosslift::evaluation
