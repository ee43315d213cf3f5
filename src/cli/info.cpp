// crosslift info: version, devices, and what a model holds.
#include "command.hpp"
#include "model_summary.hpp"

#include <crosslift/device.hpp>
#include <crosslift/model_io.hpp>

#include <cstdio>
#include <memory>
#include <optional>

namespace crosslift::cli {
namespace {

struct Info {
    std::string model;
    bool json = false;

    void print(const std::vector<DeviceInfo>& found, const std::optional<OfferEngine>& engine) const {
        std::printf("crosslift %s\n", CROSSLIFT_VERSION);
        for (const DeviceInfo& device : found) {
            if (device.unavailable_reason.empty()) {
                std::printf("  %-8s %s, %s, %.1f GB\n", device.device.name().c_str(), device.description.c_str(),
                            device.capability.c_str(), static_cast<double>(device.memory_bytes) / 1e9);
            } else {
                std::printf("  %-8s cannot be used: %s\n", device.device.name().c_str(),
                            device.unavailable_reason.c_str());
            }
        }
        if (engine) std::printf("%s\n%s", model.c_str(), summary_text(engine->models()).c_str());
    }

    void run() const {
        std::optional<OfferEngine> engine;
        if (!model.empty()) engine = load_offer_engine(model);
        const std::vector<DeviceInfo> found = devices();
        if (!json) return print(found, engine);
        nlohmann::ordered_json result;
        result["version"] = CROSSLIFT_VERSION;
        result["devices"] = nlohmann::ordered_json::array();
        for (const DeviceInfo& device : found) {
            result["devices"].push_back({{"device", device.device.name()},
                                         {"description", device.description},
                                         {"capability", device.capability},
                                         {"memory_bytes", device.memory_bytes},
                                         {"unavailable_reason", device.unavailable_reason}});
        }
        if (engine) result["model"] = summary_json(engine->models());
        std::printf("%s\n", result.dump(2).c_str());
    }
};

}  // namespace

void add_info(CLI::App& program, Choice& choice) {
    auto info = std::make_shared<Info>();
    CLI::App& command = *program.add_subcommand("info", "Show version, devices, and what a model holds");
    command.footer("Example:\n  crosslift info --model shop.safetensors");
    command.add_option("--model", info->model, "file that `crosslift train` wrote")->type_name("FILE");
    command.add_flag("--json", info->json, "print one JSON object");
    command.callback([info, &choice] { choice.run = [info] { info->run(); }; });
}

}  // namespace crosslift::cli
