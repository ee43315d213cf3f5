// Sentences and facts for offers: nothing in them that the data does not say.
#pragma once

#include <crosslift/history.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace crosslift {

/// 1234567 -> "1,234,567".
std::string grouped(std::int64_t number);

/// 4.2 -> "4.20"; below 0.02, as a litre of petrol may be booked, two digits that say something: "0.0021".
std::string money(double amount);

/// 0.1234 -> "12.3 %".
std::string percent(double share);

/// A name as it stands inside a sentence: without a full stop or a comma at its end.
std::string_view within_sentence(std::string_view name);

/// "3 baskets", "1 basket"; `contexts` is the plural of what was counted.
std::string counted(std::int64_t number, std::string_view contexts);

/// "214 of 1,003 baskets with ANCHOR also had ITEM, 5.1 times as many as by chance"; `contexts` names what was counted.
std::string bought_together(const Evidence& evidence, std::string_view anchor, std::string_view item,
                            std::string_view contexts);

}  // namespace crosslift
